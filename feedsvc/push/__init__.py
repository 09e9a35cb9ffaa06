"""Push: verifies subscriptions to our own hub, delivers, and notifies other hubs (WebSub)."""
