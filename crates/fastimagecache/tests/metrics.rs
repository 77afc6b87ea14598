//! What is counted has the names, the labels and the words that are written down, and nothing of a caller.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use fastimagecache::trail::metric::{self, Form};
use fastimagecache::{Policy, Recipe, Thumbnailer, Upload};
use fic_testkit::corpus;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// The name of a metric, and its labels.
type Name = (String, Vec<(String, String)>);

/// A recorder that keeps sums.
#[derive(Clone, Default)]
struct Kept {
    sums: Arc<Mutex<BTreeMap<Name, f64>>>,
    forms: Arc<Mutex<BTreeMap<String, Form>>>,
}

struct One(Kept, Key);

impl Kept {
    fn add(&self, key: &Key, more: f64) {
        let labels = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        *self.sums.lock().unwrap().entry((key.name().to_owned(), labels)).or_default() += more;
    }

    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels: Vec<_> =
            labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.sums.lock().unwrap().get(&(name.to_owned(), labels)).copied().unwrap_or(0.0)
    }

    fn described(&self, name: &KeyName, form: Form) {
        self.forms.lock().unwrap().insert(name.as_str().to_owned(), form);
    }

    fn one(&self, key: &Key) -> Arc<One> {
        Arc::new(One(self.clone(), key.clone()))
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.0.add(&self.1, value as f64);
    }

    fn absolute(&self, _: u64) {
        panic!("nothing is counted elsewhere");
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.0.add(&self.1, value);
    }

    fn decrement(&self, value: f64) {
        self.0.add(&self.1, -value);
    }

    fn set(&self, value: f64) {
        self.0.add(&self.1, value);
    }
}

impl HistogramFn for One {
    fn record(&self, _: f64) {
        self.0.add(&self.1, 1.0);
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name, Form::Counter);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name, Form::Gauge);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name, Form::Histogram);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.one(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

/// The hostile corpus under a recorder, and how many files were accepted and refused.
fn walked() -> (Kept, u32, u32) {
    let kept = Kept::default();
    let (mut accepted, mut refused) = (0, 0);
    metrics::with_local_recorder(&kept, || {
        metric::start();
        let thumbnailer = Thumbnailer::new(Policy::untrusted());
        for line in corpus::lines() {
            let bytes = line.bytes();
            let upload = Upload::new(&bytes).with_source("tenant-42").with_file_name("SECRET.jpg");
            match thumbnailer.thumbnail(upload, &Recipe::within(64, 64)) {
                Ok(_) => accepted += 1,
                Err(_) => refused += 1,
            }
        }
    });
    (kept, accepted, refused)
}

#[test]
fn every_call_is_a_decision_and_labels_are_words_of_the_list() {
    let (kept, accepted, refused) = walked();
    let (mut seen_accepted, mut seen_refused) = (0.0, 0.0);
    let mut words = BTreeSet::new();
    for ((name, labels), sum) in kept.sums.lock().unwrap().iter() {
        let metric = metric::ALL.iter().find(|metric| metric.name == *name).expect(name);
        assert!(
            labels.iter().map(|(key, _)| key.as_str()).eq(metric.labels.iter().copied()),
            "{name} {labels:?}"
        );
        words.extend(labels.iter().map(|(_, value)| value.clone()));
        if name == metric::DECISIONS {
            match labels[1].1.as_str() {
                "accepted" => seen_accepted += sum,
                "refused" => seen_refused += sum,
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!((seen_accepted, seen_refused), (f64::from(accepted), f64::from(refused)));
    assert!(words.iter().all(|word| !word.contains("tenant") && !word.contains("SECRET")), "{words:?}");
    assert!(words.len() < 100, "{words:?}");

    let all = accepted + refused;
    assert!(all > 500);
    assert_eq!(kept.sum(metric::CALL_SECONDS, &[("operation", "thumbnail")]), f64::from(all));
    assert_eq!(kept.sum(metric::PREDICTED_HEAP_BYTES, &[]), f64::from(accepted));
    let encoded = [("stage", "encode"), ("place", "process")];
    assert_eq!(kept.sum(metric::STAGE_SECONDS, &encoded), f64::from(accepted));
    assert_eq!(kept.sum(metric::IN_FLIGHT, &[]), 0.0);
    let bombs = [("format", "png"), ("outcome", "refused"), ("kind", "limit"), ("limit", "max_pixels")];
    assert!(kept.sum(metric::DECISIONS, &bombs) >= 1.0);
    assert!(kept.sum(metric::FINDINGS, &[("finding", "polyglot")]) >= 10.0);

    let described = kept.forms.lock().unwrap().clone();
    let listed: BTreeMap<_, _> =
        metric::ALL.iter().map(|metric| (metric.name.to_owned(), metric.form)).collect();
    assert!(described.iter().eq(listed.iter()), "{described:?}");
}

#[cfg(all(feature = "isolate", target_os = "linux"))]
#[test]
fn what_a_worker_measures_is_counted_once_and_as_its_word() {
    use fastimagecache::Isolation;
    use fastimagecache::isolate::{Guard, Isolated, Posture};

    let there = Isolated::builder()
        .policy(Policy::untrusted().with_isolation(Isolation::Always))
        .workers(1)
        .program(env!("CARGO_BIN_EXE_fastimagecache-worker"))
        .require(Posture::full().without(Guard::Landlock))
        .build()
        .unwrap();
    let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
    let kept = Kept::default();
    metrics::with_local_recorder(&kept, || {
        metric::start();
        there.thumbnail(&garden, &Recipe::within(64, 64)).unwrap();
        there.thumbnail(&garden[..1_000], &Recipe::within(64, 64)).unwrap_err();
        there.thumbnail(b"<svg/>", &Recipe::within(64, 64)).unwrap_err();
    });
    let counted =
        |stage: &str, place: &str| kept.sum(metric::STAGE_SECONDS, &[("stage", stage), ("place", place)]);
    let stages = ["sniff", "outline", "admit", "decode", "orient", "colour", "resample", "encode"];
    assert_eq!(stages.map(|stage| counted(stage, "worker")), [3.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(stages.map(|stage| counted(stage, "process")), [0.0; 8]);
    assert_eq!(kept.sum(metric::CALL_SECONDS, &[("operation", "thumbnail")]), 3.0);
    assert_eq!(kept.sum(metric::WORK_UNITS, &[("format", "jpeg")]), 1.0);
    assert_eq!(kept.sum(metric::HELD_HEAP_BYTES, &[]), 1.0);
}

/// The names of metrics in a text, without what Prometheus appends to those of a histogram.
fn names_in(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("fastimagecache_"))
        .map(|word| {
            let bare = ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
            bare.unwrap_or(word).to_owned()
        })
        .collect()
}

#[test]
fn every_metric_that_the_alerts_and_the_dashboard_ask_for_exists() {
    let listed: BTreeSet<_> = metric::ALL.iter().map(|metric| metric.name.to_owned()).collect();
    let alerts = include_str!("../../../docs/prometheus-alerts.yml");
    let dashboard = include_str!("../../../docs/grafana-dashboard.json");
    let asked: BTreeSet<_> = names_in(alerts).union(&names_in(dashboard)).cloned().collect();
    assert!(asked.is_subset(&listed), "{:?}", asked.difference(&listed));
    // And the other way round: nothing is counted that nobody can see.
    assert!(names_in(dashboard).is_superset(&listed), "{:?}", listed.difference(&names_in(dashboard)));

    let page: serde_json::Value = serde_json::from_str(dashboard).unwrap();
    let panels = page["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()) && panel["title"].is_string(), "{panel}");
        assert!(panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{panel}");
        for target in panel["targets"].as_array().unwrap() {
            assert!(balanced(target["expr"].as_str().unwrap()), "{target}");
        }
    }
}

/// The alerts have the one shape that Prometheus reads, line by line; there is no YAML parser in the graph for it.
#[test]
fn every_alert_has_an_expression_a_severity_and_a_sentence() {
    let alerts = include_str!("../../../docs/prometheus-alerts.yml");
    let rules: Vec<_> = alerts.split("\n      - alert: ").skip(1).collect();
    assert!(rules.len() >= 8);
    for rule in rules {
        let value = |key: &str| {
            let line = rule.lines().find_map(|line| line.trim_start().strip_prefix(&format!("{key}: ")));
            line.unwrap_or_else(|| panic!("{key}: {rule}")).to_owned()
        };
        assert!(balanced(&value("expr")) && !names_in(&value("expr")).is_empty(), "{rule}");
        assert!(["warning", "critical"].contains(&value("severity").as_str()), "{rule}");
        assert!(value("summary").len() > 20 && value("for").ends_with('m'), "{rule}");
    }
    assert!(alerts.lines().all(|line| !line.contains('\t') && line.trim_end() == line));
}

fn balanced(expression: &str) -> bool {
    [('(', ')'), ('{', '}'), ('[', ']')]
        .iter()
        .all(|(open, close)| expression.matches(*open).count() == expression.matches(*close).count())
        && expression.matches('"').count().is_multiple_of(2)
}
