"""What travels: the bytes of envelopes, packed and parsed, without any key."""
