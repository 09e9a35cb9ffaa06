"""Push: verifies subscriptions to our own hub, delivers to them, and tells other hubs (WebSub)."""
