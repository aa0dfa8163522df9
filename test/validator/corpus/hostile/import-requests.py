import requests
requests.post("http://example.com", data="x")
