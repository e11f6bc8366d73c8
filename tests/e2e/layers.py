#!/usr/bin/env python3
"""Versions and layers of the standard, on the development broker: layers.py PROGRAM CASE. Cases are
the functions below. Every message is validated against the schema that its own version and layer
exports, by a validator that is not ours."""
import collections
import json

import jsonschema

import bad_input_rig
from bad_input_rig import check, new_backend, pages

PACKAGE = "package: {0}\nversion: 1.0\ntitle: {{en: {0}, zh: 试验}}\nlevel: {1}\n{2}"

# The second major measures in metres, names the place and wants it.
TRIP = """entity: own.trip
version: {version}
title: {{en: Trip, zh: 行程}}
definition: {{en: One trip., zh: 一次行程。}}
source: tests
key: [no]
elements:
  no: {{title: {{en: Number, zh: 编号}}, type: text, required: true, max_length: 20}}
  distance: {{title: {{en: Distance, zh: 里程}}, type: decimal, scale: {scale}, unit: {unit}}}
  place: {{title: {{en: Place, zh: 地点}}, type: text{place}}}
  left: {{title: {{en: Left, zh: 出发}}, type: date}}
sample: {{no: "1", place: x}}
"""
TRIPS = {1: TRIP.format(version="1.0", scale=1, unit="km", place=""),
         2: TRIP.format(version="2.0", scale=0, unit="m", place=", required: true")}


def own(site, packages, *wanted):
    """Packages of the site's own: {folder: {file: text}}."""
    for folder, files in packages.items():
        (site.folder / "standards" / folder).mkdir(parents=True)
        for name, text in files.items():
            (site.folder / "standards" / folder / name).write_text(text)
    conf = site.folder / "guantong.yaml"
    root = bad_input_rig.rig.ROOT
    conf.write_text(conf.read_text().replace("[national@1, fleet@1]", f"[{', '.join(wanted)}]")
                    .replace(f"[{root}/tests/e2e/standard]", "[standards]"))


def flows(site, backend, rows, flow_texts):
    """One source, one list, one flow for each text."""
    backend.answers["/list"] = pages(rows)
    texts = "".join(f"  {name}:\n    path: /list\n    {bad_input_rig.PAGED}\n    basis: declared\n{text}"
                    for name, text in flow_texts.items())
    site.source("cars", f"adapter: http\nurl: {backend.url}\nflows:\n{texts}")


def by_topic(site):
    found = collections.defaultdict(list)
    for message in site.messages():
        if not message["topic"].endswith(bad_input_rig.OWN_TOPICS):
            found[message["topic"].split(".", 2)[2]].append(message)
    return found


def validator(site, entity, *more):
    text = site.guantong("standard", "export", entity, "--as", "json-schema", "--config", ".",
                         *more).stdout
    schema = json.loads(text)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def majors(new_site):
    """Two flows of one source publish both majors of an entity side by side, each to its topic."""
    site = new_site("majors")
    own(site, {"trips": {"package.yaml": PACKAGE.format("trips", "national", "needs: [units@1]\n"),
                         "trip.yaml": TRIPS[1], "trip2.yaml": TRIPS[2]}}, "trips@1")
    rows = [{"id": f"T{n:03}", "km": f"{n}.5", "at": "" if n % 10 == 0 else f"第{n}站",
             "day": "2024-03-05"} for n in range(1, 101)]
    mapping = ("    entity: own.trip@{0}\n    map: {{no: id, distance: {{from: km, unit: km}}, "
               "place: at, left: day}}\n")
    flows(site, new_backend(site), rows, {"old": mapping.format(1), "new": mapping.format(2)})
    site.guantong("check")
    site.start()
    for name in ("old", "new"):
        site.wait_total(f"cars/{name}", 100)
    site.check_identities()
    topics = by_topic(site)
    site.drain()
    check(set(topics) == {"own.trip.v1", "own.trip.v2", "rejected"}, f"topics: {set(topics)}")
    # The second major wants the place, which ten rows lack: only there are they rejected.
    check(len(topics["own.trip.v1"]) == 100 and len(topics["own.trip.v2"]) == 90 and
          len(topics["rejected"]) == 10, f"{ {k: len(v) for k, v in topics.items()} }")
    validators = {n: validator(site, f"own.trip@{n}") for n in (1, 2)}
    for n in (1, 2):
        for message in topics[f"own.trip.v{n}"]:
            event = json.loads(message["value"])
            errors = [error.message for error in validators[n].iter_errors(event)]
            check(not errors, f"{event} is not what v{n} says: {errors}")
            check(not validators[3 - n].is_valid(event), f"the other major takes {event}")
            number = int(event["data"]["no"][1:])
            check(event["dataschema"] == f"urn:jgsw:own:trip:{n}.0", event["dataschema"])
            check(event["data"]["distance"] == (number + 0.5 if n == 1 else number * 1000 + 500),
                  f"v{n} measures wrongly: {event}")


LEVELS = {
    "province": ("42", "base@1", "  distance: {max: 900}\n  road: {title: {en: Road, zh: 路}, "
                                 "type: text, synonyms: [LU], source: tests}\n"),
    "city": ("4201", "province@1", "  distance: {max: 800}\n  road: {max_length: 40}\n"),
    "district": ("420106", "city@1", "  distance: {max: 700}\n  place: {required: true}\n")}


def levels(new_site):
    """Nation, province, city, district: each record takes the standard of its division, and says
    which; a stricter level rejects or empties what a wider one lets pass."""
    site = new_site("levels")
    packages = {"base": {"package.yaml": PACKAGE.format("base", "national", "needs: [units@1]\n"),
                         "trip.yaml": TRIPS[1]}}
    for level, (division, base, elements) in LEVELS.items():
        packages[level] = {
            "package.yaml": PACKAGE.format(level, level, f"extends: {base}\ndivisions: "
                                                         f"[\"{division}\"]\n"),
            "trip.yaml": f"extend_entity: own.trip@1\nelements:\n{elements}"}
    own(site, packages, "district@1")
    divisions = {"110101": "", "420500": "+province.1", "420200": "+province.1", "420102": "+city.1",
                 "420106": "+district.1"}
    rows = [{"id": f"{division}-{km}", "km": km, "at": "", "lu": "G70", "division": division}
            for division in divisions for km in ("650", "750", "850", "950")]
    rows.append({"id": "420106-placed", "km": "650", "at": "武昌", "lu": "G70", "division": "420106"})
    flows(site, new_backend(site), rows, {
        "trips": "    entity: own.trip@1\n    division_from: division\n    map: {no: id, "
                 "distance: {from: km, unit: km}, place: at}\n"})
    site.guantong("check")
    site.start()
    site.wait_total("cars/trips", len(rows))
    topics = by_topic(site)
    site.drain()
    limits = {"": 1e9, "+province.1": 900, "+city.1": 800, "+district.1": 700}
    seen = collections.Counter()
    for message in topics["own.trip.v1"]:
        event = json.loads(message["value"])
        layer = divisions[event["division"]]
        check(event["dataschema"] == f"urn:jgsw:own:trip:1.0{layer}", f"{layer}: {event}")
        km = event["data"]["no"].split("-")[1]
        if km != "placed":
            kept = event["data"].get("distance")
            check((kept is None) == (float(km) > limits[layer]), f"{layer} lets {event} pass")
        errors = [e.message for e in
                  validator(site, "own.trip", "--for", event["division"]).iter_errors(event)]
        check(not errors, f"{event}: {errors}")
        seen[layer] += 1
    # The district wants the place, so four of its five are rejects.
    check(seen == {"": 4, "+province.1": 8, "+city.1": 4, "+district.1": 1}, f"{seen}")
    check(len(topics["rejected"]) == 4, f"{len(topics['rejected'])} rejects")


if __name__ == "__main__":
    bad_input_rig.main({case.__name__: case for case in (majors, levels)})
