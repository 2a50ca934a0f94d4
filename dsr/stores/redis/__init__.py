"""Keys and values of a Redis server."""
