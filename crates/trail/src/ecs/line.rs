//! One line of an event: which field of the schema each of ours is. `docs/events.md` has the same table.

use std::fmt::Write;
use std::time::SystemTime;

use serde_json::{Map, Value as Json, json};
use tracing::Level;

use super::moment::rfc3339;
use super::{Fields, Value};
use crate::catalogue::{Family, entry};
use crate::printable;

/// The version of the schema.
const ECS: &str = "8.17.0";

/// Ours, and theirs. What is not here is `fastimagecache.<name>`.
const NAMES: &[(&str, &str)] = &[
    ("bytes", "file.size"),
    ("event_id", "event.action"),
    ("kind", "error.code"),
    ("ms", "event.duration"),
    ("reason", "event.reason"),
    ("severity", "event.severity"),
    ("sha256", "file.hash.sha256"),
    ("source", "labels.source"),
];

/// Every field of an event or a span.
pub(super) const FIELDS: &[&str] = &[
    "allowed",
    "bytes",
    "entry",
    "event_id",
    "findings",
    "format",
    "found",
    "heap",
    "kind",
    "limit",
    "ms",
    "offset",
    "operation",
    "outcome",
    "pixels",
    "place",
    "reason",
    "repeated",
    "severity",
    "sha256",
    "source",
    "stage",
    "work",
];

/// What a field of ours is called in the schema.
pub(super) fn theirs(ours: &str) -> String {
    match NAMES.iter().find(|(name, _)| *name == ours) {
        Some((_, theirs)) => (*theirs).to_owned(),
        None => format!("fastimagecache.{ours}"),
    }
}

/// A JSON object, flat, with dotted names.
pub(super) fn json(now: SystemTime, level: Level, fields: &Fields) -> String {
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| _ = out.insert(name.to_owned(), value);
    put("@timestamp", rfc3339(now).into());
    put("ecs.version", ECS.into());
    put("event.dataset", "fastimagecache.trail".into());
    put("event.module", "fastimagecache".into());
    put("log.level", word(level).into());
    put("log.logger", "fastimagecache".into());
    match fields.text("event_id").and_then(entry) {
        Some(entry) => {
            let (kind, category, kind_of_event) = classes(entry.family);
            put("event.kind", kind.into());
            put("event.category", json!([category]));
            put("event.type", json!([kind_of_event]));
            put("event.outcome", "failure".into());
            put("event.severity", (entry.severity as u8).into());
            put("message", entry.meaning.into());
        }
        None => {
            put("event.kind", "metric".into());
            let outcome = if fields.text("outcome") == Some("ok") { "success" } else { "failure" };
            put("event.outcome", outcome.into());
        }
    }
    for (name, value) in &fields.0 {
        match (*name, value) {
            // Nanoseconds, as the schema has it.
            ("ms", Value::Float(ms)) => put("event.duration", ((ms * 1e6) as u64).into()),
            // A number, as the schema has it.
            ("severity", _) => {}
            (name, value) => {
                if let ("format", Value::Text(format)) = (name, value) {
                    put("file.mime_type", format!("image/{format}").into());
                }
                put(&theirs(name), value.json());
            }
        }
    }
    // Maps of strings, numbers and lists of strings: there is nothing that could fail to be written.
    serde_json::to_string(&out).unwrap_or_default()
}

/// `event.kind`, `event.category` and `event.type`: a refusal is the stack doing its work, an incident wants somebody
/// to look.
fn classes(family: Family) -> (&'static str, &'static str, &'static str) {
    match family {
        Family::Cache => ("alert", "file", "info"),
        Family::Failure => ("event", "file", "info"),
        Family::Refusal => ("event", "intrusion_detection", "denied"),
        Family::Upstream => ("alert", "intrusion_detection", "info"),
        Family::Worker => ("alert", "process", "end"),
    }
}

/// The moment, the level, what happened, and the fields as they are named in the event.
pub(super) fn text(now: SystemTime, level: Level, fields: &Fields) -> String {
    let mut line = format!("{} {:<5}", rfc3339(now), level);
    let id = fields.text("event_id");
    // Writing to a string cannot fail.
    let _ = match id {
        Some(id) => write!(line, " {id}"),
        None => write!(line, " stage"),
    };
    for (name, value) in fields.0.iter().filter(|(name, _)| *name != "event_id") {
        let _ = match value {
            Value::Bool(value) => write!(line, " {name}={value}"),
            Value::Float(value) => write!(line, " {name}={value:.3}"),
            Value::Unsigned(value) => write!(line, " {name}={value}"),
            Value::Text(value) if is_word(value) => write!(line, " {name}={value}"),
            Value::Text(value) => write!(line, " {name}=\"{}\"", whole(value)),
        };
    }
    line
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// Labels come escaped; what other code puts into a field with our target might not.
fn whole(text: &str) -> String {
    text.chars().map(|c| if printable(c) { c } else { '\u{fffd}' }).collect()
}

impl Value {
    fn json(&self) -> Json {
        match self {
            Value::Bool(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::Text(value) => whole(value).into(),
            Value::Unsigned(value) => (*value).into(),
        }
    }
}
