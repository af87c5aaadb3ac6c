"""Videos for the demo's courses."""

from entrypoints.seeding.rows import Lesson

# Open films of the Blender Foundation stand in for recorded lessons: they play, and nobody's rights are touched.
FILMS = {
    "bunny": ("https://www.youtube.com/watch?v=aqz-KE-bpKQ", 635),
    "sintel": ("https://www.youtube.com/watch?v=eRsGyueVLvQ", 888),
    "steel": ("https://www.youtube.com/watch?v=R6MlUcmOul8", 734),
    "elephants": ("https://www.youtube.com/watch?v=TLkA0RELQ1g", 654),
    "spring": ("https://www.youtube.com/watch?v=WhWc3b3KhnY", 464),
    "sprite": ("https://www.youtube.com/watch?v=_cMxraX_5RE", 630),
    "cosmos": ("https://www.youtube.com/watch?v=Y-rmzh0PI3c", 730),
    "llamigos": ("https://www.youtube.com/watch?v=SkVqJ1SGeL0", 150),
    "coffee": ("https://www.youtube.com/watch?v=pKmSdY56VtY", 184),
}


def film(title: str, name: str, *, after_days: int = 0) -> Lesson:
    url, seconds = FILMS[name]
    return Lesson(title, video=url, seconds=seconds, after_days=after_days)
