"""What a tenant holds in the beginning: master data and documents made from a seed."""
