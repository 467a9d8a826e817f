"""PowerOffice Go, API version 2: ``about`` is what is known of it, ``connector`` the verbs, the rest their parts."""
