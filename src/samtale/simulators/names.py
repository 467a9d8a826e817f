"""Word lists of the made-up world: people, firms and places that sound real, and belong to nobody.

Places and postcodes exist; persons and firms come from combining the lists. Domains end in `.example`, which is
reserved for such use (RFC 2606).
"""

from __future__ import annotations

GIVEN: tuple[str, ...] = (
    "Kari", "Ola", "Ingrid", "Lars", "Anne", "Per", "Silje", "Håkon", "Åse", "Bjørn", "Sølvi", "Øystein", "Marit",
    "Knut", "Liv", "Tor", "Hanne", "Geir", "Ragnhild", "Sindre", "Tuva", "Eirik", "Maja", "Jonas", "Nora", "Emil",
    "Ida", "Henrik", "Thea", "Magnus", "Anne-Grete", "Jan Erik", "Áile", "Niillas", "Fatima", "Omar", "Aisha", "Yusuf",
    "Priya", "Arjun", "Zofia", "Paweł", "Łucja", "Jürgen", "Anneliese", "Björk", "Søren", "Mette", "Åke", "Linnéa",
    "Siobhán", "Declan", "José", "María José", "Nguyễn", "Linh", "Mei", "Wei", "Yuki", "Haruto", "Olena", "Dmytro",
)  # fmt: skip

FAMILY: tuple[str, ...] = (
    "Fjellbakk", "Nordhaug", "Sjøvik", "Myrdal", "Bråten", "Østbø", "Åsgård", "Lillevik", "Tverrdal", "Storlien",
    "Kvernmo", "Hegglund", "Rognstad", "Sætermo", "Vindheim", "Skogstrand", "Elvebakken", "Nygårdshaug", "Grønnvik",
    "Brekkhus", "Holmvik", "Solbergsæter", "Teigland", "Uvdal", "Vassbotn", "Ytterøy", "Finnmo", "Gravdalen", "Hovden",
    "Isfjell", "Joramo", "Kleppvik", "Langmyr", "Moldskred", "Nessbakk", "Olstadmo", "Røyseland", "Steinvåg",
    "von Ahrendt", "de la Fuente", "O'Shaughney", "Smythe-Hall", "Müllerhof", "Kowalczak", "Lindqvister", "Sørenskov",
    "Al-Rashidi", "Chaudharan", "Trần", "Watanabashi", "Kovalenkova", "Ngata", "Okonjola", "Virtaneva", "Þórdal",
)  # fmt: skip

TWO_SPELLINGS: dict[str, str] = {
    "Kristoffer": "Christopher", "Katrine": "Cathrine", "Håkon": "Haakon", "Åse": "Aase", "Eirik": "Erik",
    "Jürgen": "Juergen", "Siobhán": "Siobhan", "Sølvi": "Solvi", "Björk": "Bjork", "Paweł": "Pawel",
    "Łucja": "Lucja", "José": "Jose", "Anne-Grete": "Anne Grete", "Jan Erik": "Jan-Erik", "Linnéa": "Linnea",
}  # fmt: skip
"""A given name and the other way in which people write it."""

FIRM_FIRST: tuple[str, ...] = (
    "Nordlys", "Fjordblikk", "Granitt", "Havgap", "Bjørkelund", "Tindeveg", "Solsiden", "Ravnedal", "Østavind", "Måne",
    "Skarven", "Kvitnes", "Lyngholm", "Vardefjell", "Stjernøy", "Gullvik", "Elgtråkk", "Isbre", "Sæterlia", "Blåfjell",
    "Trollsteg", "Rugdal", "Sundbrygga", "Åkerhaug", "Ørnereir", "Hjortefoss", "Midtnatt", "Vestavær", "Perlemor",
    "Kompassrosa", "Lyktestolpe", "Papirfly", "Kardemomme", "Multe", "Tyttebær", "Rimfrost", "Kobberslag", "Sølvrev",
)  # fmt: skip

FIRM_SECOND: tuple[str, ...] = (
    "Bygg", "Elektro", "Regnskap", "Transport", "Rør", "Eiendom", "Data", "Consulting", "Bakeri", "Sjømat", "Verksted",
    "Logistikk", "Kraft", "Design", "Maskin", "Hagesenter", "Tannhelse", "Reklame", "Interiør", "Skog & Mark",
    "Marine", "Renhold", "Undervisning", "Møbler", "Foto", "Arkitekter", "Sport", "Kaffe", "Energi", "Media",
)  # fmt: skip

STREETS: tuple[str, ...] = (
    "Storgata", "Kirkeveien", "Skolegata", "Havnegata", "Industriveien", "Fjordgata", "Bjørnstjerne plass",
    "Stasjonsveien", "Åsveien", "Øvre gate", "Tollbugata", "Nygårdsgaten", "Elvebredden", "Parkveien", "Torggata",
)  # fmt: skip

PLACES: tuple[tuple[str, str], ...] = (
    ("0150", "Oslo"), ("0275", "Oslo"), ("0581", "Oslo"), ("1337", "Sandvika"), ("1607", "Fredrikstad"),
    ("2004", "Lillestrøm"), ("2609", "Lillehammer"), ("3015", "Drammen"), ("3210", "Sandefjord"), ("3916", "Porsgrunn"),
    ("4006", "Stavanger"), ("4611", "Kristiansand"), ("5003", "Bergen"), ("5527", "Haugesund"), ("6002", "Ålesund"),
    ("6413", "Molde"), ("7010", "Trondheim"), ("7713", "Steinkjer"), ("8006", "Bodø"), ("8514", "Narvik"),
    ("9008", "Tromsø"), ("9510", "Alta"), ("9730", "Karasjok"), ("9171", "Longyearbyen"),
)  # fmt: skip

PLACES_ABROAD: tuple[tuple[str, str, str, str, str], ...] = (
    ("Kungsgatan", "111 20", "Stockholm", "SE", "AB"), ("Drottninggatan", "411 03", "Göteborg", "SE", "AB"),
    ("Nørregade", "1050", "København K", "DK", "ApS"), ("Strandvejen", "8000", "Aarhus C", "DK", "A/S"),
    ("Bahnhofstraße", "10115", "Berlin", "DE", "GmbH"), ("Mühlenweg", "80331", "München", "DE", "GmbH"),
    ("Mill Lane", "EC1A 1BB", "London", "GB", "Ltd"), ("Keskuskatu", "00100", "Helsinki", "FI", "Oy"),
    ("Rue du Port", "75001", "Paris", "FR", "SARL"), ("ul. Długa", "00-001", "Warszawa", "PL", "Sp. z o.o."),
    ("Laugavegur", "101", "Reykjavík", "IS", "ehf."),
)  # fmt: skip
"""Street, postcode, place, country and the usual legal form there."""

COUNTRY_SPELLINGS: dict[str, tuple[str, ...]] = {
    "NO": ("Norway", "Norway", "Norge", "NO", "NOR", "norway"), "SE": ("Sweden", "Sverige", "SE"),
    "DK": ("Denmark", "Danmark", "DK"), "DE": ("Germany", "Deutschland", "DE"),
    "GB": ("United Kingdom", "UK", "GB"), "FI": ("Finland", "FI"), "FR": ("France", "FR"), "PL": ("Poland", "Polska"),
    "IS": ("Iceland", "Ísland"),
}  # fmt: skip
"""How people write a country where a system takes any text; the first is the English name."""

NUMBERS: dict[str, tuple[str, str, str]] = {
    "NO": ("47", "22", "40"), "SE": ("46", "812", "701"), "DK": ("45", "33", "40"), "DE": ("49", "3023", "15123"),
    "GB": ("44", "2079", "7400"), "FI": ("358", "9412", "401"), "FR": ("33", "142", "612"), "PL": ("48", "221", "601"),
    "IS": ("354", "5", "8"),
}  # fmt: skip
"""By country: the dialling code, and how fixed and mobile numbers begin; six digits follow."""

TITLES: tuple[str, ...] = (
    "Daglig leder", "Regnskapsfører", "Salgssjef", "Innkjøper", "CEO", "CFO", "Prosjektleder", "Kontormedarbeider", "",
)  # fmt: skip

MAILBOXES: tuple[str, ...] = ("post", "firmapost", "kontakt", "info")
"""Mailboxes that a whole office shares."""
