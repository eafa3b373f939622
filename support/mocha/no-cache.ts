// Tests, and what they start, leave the cache of the person who runs them alone; those about the cache name one of their own.
process.env["ECS_IMAGE_GUARD_IMAGE_CACHE"] = "off";
