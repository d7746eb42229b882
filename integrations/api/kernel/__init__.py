"""What every resource of the API shares. A resource is one module beside this package, see `kernel.resource`."""
