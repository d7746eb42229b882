"""The services of the simulator, one file each: entities declared as data, ``$metadata`` is rendered from them."""
