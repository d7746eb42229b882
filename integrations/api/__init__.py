"""The REST API: an edge. Each call is parsed strictly, does one thing of a module below, and is answered."""
