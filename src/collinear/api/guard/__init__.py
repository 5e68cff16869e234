"""What stands between the world and the routes: limits, rates, origins, headers."""
