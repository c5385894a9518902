"""Churn of after-sales: who is lost, who is about to be, why, and whom to save first."""
