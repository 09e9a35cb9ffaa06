"""What the catalog stores of push: subscriptions, deliveries, other hubs and caches."""
