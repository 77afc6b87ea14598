//! THREATS.md is true: every test that it names is there, and every event, finding, field and metric by which an
//! operator sees the attack.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fastimagecache::FindingKind;
use fastimagecache::trail::{CATALOGUE, metric};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn collect_tests(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect_tests(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for after in text.split("#[test]").skip(1) {
                let name = after.split("fn ").nth(1).and_then(|rest| rest.split('(').next());
                names.extend(name.map(str::to_owned));
            }
        }
    }
}

/// The rows of the table, each as its cells: threat, mechanism, sign, tests.
fn rows() -> Vec<Vec<String>> {
    let threats = fs::read_to_string(root().join("THREATS.md")).unwrap();
    let rows: Vec<Vec<String>> = threats
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect();
    assert!(rows.len() >= 30, "only {} threats", rows.len());
    for row in &rows {
        assert!(row.len() == 4 && row.iter().all(|cell| cell.len() > 5), "{row:?}");
        assert!(!row.concat().contains("planned"), "{row:?}");
    }
    rows
}

fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_threat_names_a_test_that_exists() {
    let mut tests = BTreeSet::new();
    collect_tests(&root().join("crates"), &mut tests);
    for row in rows() {
        assert!(named(&row[3]).count() > 0, "no test for: {row:?}");
        for name in named(&row[3]) {
            assert!(tests.contains(name), "`{name}` does not exist: {row:?}");
        }
    }
}

#[test]
fn every_threat_names_a_sign_that_exists() {
    let events = fs::read_to_string(root().join("docs/events.md")).unwrap();
    let is_sign = |name: &str| {
        CATALOGUE.iter().any(|entry| entry.id == name)
            || FindingKind::ALL.iter().any(|kind| kind.name() == name)
            || metric::ALL.iter().any(|metric| metric.name == name)
            || events.contains(&format!("| `{name}` | `fastimagecache."))
            || events.contains(&format!("| `{name}` | `event."))
            || events.contains(&format!("| `{name}` | `labels."))
            || name == "worst"
    };
    for row in rows() {
        assert!(named(&row[2]).count() > 0, "no sign for: {row:?}");
        for name in named(&row[2]) {
            assert!(is_sign(name), "`{name}` is no event, finding, field or metric: {row:?}");
        }
    }
    // And each incident is a sign of something.
    let signs: BTreeSet<String> =
        rows().iter().flat_map(|row| named(&row[2]).map(str::to_owned).collect::<Vec<_>>()).collect();
    for kind in ["incident.upstream", "incident.cache.damaged", "incident.cache.unwritable"] {
        assert!(signs.contains(kind), "{kind}");
    }
}
