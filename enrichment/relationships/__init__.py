"""Who has to do with whom and with which car: the timeline, roles on cars, transfers, companies, referrals."""
