"""The attacks, one module each; `attacks.catalogue` lists them."""
