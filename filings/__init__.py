"""The registry of algorithm filings, service filings and registrations. It knows neither HTTP nor media."""
