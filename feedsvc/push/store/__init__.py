"""The part of the catalog that push uses: subscriptions, deliveries, other hubs and caches."""
