print.__self__.__dict__
