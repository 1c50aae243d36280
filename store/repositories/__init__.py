"""One repository for each kind of thing. The caller owns the transaction."""
