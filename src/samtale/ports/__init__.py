"""What the engine needs of the outside world: protocols, and the values that they exchange."""
