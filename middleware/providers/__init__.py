"""What is known of the providers: their routes, their hosts, and where they look for a credential.

Routes stand in tables, a file each, a row for each kind of request.
"""
