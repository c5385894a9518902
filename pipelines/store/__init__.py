"""What runs produce: the home's folders, versions and their manifests, the pointer, the run ledger, the lock."""
