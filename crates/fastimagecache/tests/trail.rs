//! Every refusal leaves one event with all its fields, an accepted file none, and no text of a stranger forges a line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use fastimagecache::trail::ecs::{Lines, Shape, Which};
use fastimagecache::trail::{self, CATALOGUE, Operation};
use fastimagecache::{Cancel, Error, Kind, Limits, Policy, Recipe, Thumbnailer, Upload, read_upload};
use fic_testkit::corpus;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// What an event said, field by field.
type Said = BTreeMap<&'static str, String>;

/// Keeps every event.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Said>>>);

struct Fields(Said);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber> Layer<S> for Kept {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(Said::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }
}

impl Kept {
    fn take(&self) -> Vec<Said> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Keeps every line.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }

    fn lines(&self, shape: Shape, which: Which) -> Lines<impl Fn() -> Written + Send + Sync + 'static> {
        let written = self.clone();
        Lines::new(shape, move || written.clone()).with(which)
    }
}

/// Holds an event against the error that it tells of.
fn check_event(said: &Said, error: &Error, upload: &[u8], source: &str) {
    let mut expected = Said::from([
        ("event_id", error.kind().event_id().to_owned()),
        ("severity", trail::entry(error.kind().event_id()).unwrap().severity.name().to_owned()),
        ("kind", error.kind().name().to_owned()),
        ("stage", error.stage().name().to_owned()),
        ("reason", error.what().to_owned()),
        ("bytes", upload.len().to_string()),
        ("source", source.to_owned()),
        ("operation", Operation::Thumbnail.name().to_owned()),
        ("repeated", "false".to_owned()),
    ]);
    let has_digest = upload.len() as u64 <= Limits::untrusted().max_input_bytes;
    expected.extend(has_digest.then(|| ("sha256", sha256(upload))));
    if let Kind::Limit { limit, .. } = error.kind() {
        expected.insert("limit", limit.name().to_owned());
    }
    let numbers =
        [("allowed", error.allowed_value()), ("found", error.found_value()), ("offset", error.offset())];
    for (name, number) in numbers {
        expected.extend(number.map(|number| (name, number.to_string())));
    }
    expected.extend(error.format().map(|format| ("format", format.name().to_owned())));
    assert_eq!(*said, expected);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_refusal_of_the_corpus_leaves_exactly_one_event_and_every_accepted_file_none() {
    let (kept, written) = (Kept::default(), Written::default());
    let lines = written.lines(Shape::Json, Which::Events);
    let subscriber = tracing_subscriber::registry().with(kept.clone()).with(lines.layer());
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    let (mut refused, mut accepted) = (0, 0);
    tracing::subscriber::with_default(subscriber, || {
        for line in corpus::lines() {
            let bytes = line.bytes();
            let upload = Upload::new(&bytes).with_source("tenant-42");
            let outcome = thumbnailer.thumbnail(upload, &Recipe::within(64, 64));
            let (events, text) = (kept.take(), written.take());
            match outcome {
                Ok(_) => {
                    assert!(events.is_empty() && text.is_empty(), "{}: {text}", line.path);
                    accepted += 1;
                }
                Err(error) => {
                    assert_eq!((events.len(), text.lines().count()), (1, 1), "{}", line.path);
                    check_event(&events[0], &error, &bytes, "tenant-42");
                    let json: Value = serde_json::from_str(&text).unwrap();
                    for name in ["@timestamp", "event.kind", "event.category", "event.outcome", "message"] {
                        assert!(!json[name].is_null(), "{name}: {text}");
                    }
                    assert_eq!(json["event.action"], error.kind().event_id());
                    assert_eq!(json["error.code"], error.kind().name());
                    assert_eq!(
                        json["file.hash.sha256"].as_str(),
                        events[0].get("sha256").map(String::as_str)
                    );
                    assert_eq!(json["file.size"], bytes.len());
                    assert_eq!(json["labels.source"], "tenant-42");
                    refused += 1;
                }
            }
        }
    });
    assert!(refused >= 300 && accepted >= 100, "{refused} refused, {accepted} accepted");
}

#[test]
fn no_text_of_a_stranger_forges_a_line_or_is_told_at_all() {
    let evil = "a\nWARN forged\r\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}\u{2028}\u{85}\",\"event.action\":\"forged\\\u{0}.png";
    for shape in [Shape::Json, Shape::Text] {
        let written = Written::default();
        let subscriber =
            tracing_subscriber::registry().with(written.lines(shape, Which::EventsAndStages).layer());
        tracing::subscriber::with_default(subscriber, || {
            let thumbnailer = Thumbnailer::new(Policy::strict_avatar());
            let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
            // Refused because the name disagrees with the bytes, which is where the name is looked at.
            let upload =
                Upload::new(&garden).with_source(evil).with_file_name(evil).with_media_type("image/\npng");
            thumbnailer.thumbnail(upload, &Recipe::within(64, 64)).unwrap_err();
            let page = format!("<svg onload='SECRET'>{evil}</svg>");
            let upload = Upload::new(page.as_bytes()).with_source(evil);
            thumbnailer.thumbnail(upload, &Recipe::within(64, 64)).unwrap_err();
        });
        let text = written.take();
        assert!(text.lines().count() >= 4 && text.ends_with('\n'), "{text}");
        assert!(text.chars().all(|c| c == '\n' || trail::printable(c)), "{text:?}");
        assert!(!text.contains("SECRET"), "{text}");
        for line in text.lines() {
            match shape {
                Shape::Json => {
                    let json: Value = serde_json::from_str(line).unwrap();
                    assert_ne!(json["event.action"], "forged");
                }
                Shape::Text => assert!(line.starts_with("20"), "{line}"),
            }
        }
        // Each label is whole, and in one place: three of ours, none of the name.
        assert_eq!(text.matches("WARN forged").count(), text.matches(r"\r").count(), "{text}");
    }
}

#[test]
fn the_digest_is_left_out_of_what_is_too_long_to_be_read() {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::registry().with(kept.clone());
    tracing::subscriber::with_default(subscriber, || {
        let policy = Policy::untrusted().with_limits(Limits::untrusted().with_max_input_bytes(10));
        Thumbnailer::new(policy).thumbnail(&[0; 11], &Recipe::within(64, 64)).unwrap_err();
    });
    let events = kept.take();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["event_id"], "refusal.limit.max_input_bytes");
    assert_eq!(events[0]["bytes"], "11");
    assert!(!events[0].contains_key("sha256") && !events[0].contains_key("source"));
}

#[test]
fn a_call_that_is_cancelled_or_wrong_is_told_once_too() {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::registry().with(kept.clone());
    tracing::subscriber::with_default(subscriber, || {
        let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
        let thumbnailer = Thumbnailer::new(Policy::untrusted());
        let cancel = Cancel::new();
        cancel.cancel();
        let upload = Upload::new(&garden).with_cancel(cancel);
        thumbnailer.thumbnail(upload, &Recipe::within(64, 64)).unwrap_err();
        thumbnailer.pixels(&garden, &Recipe::within(0, 64)).unwrap_err();
        thumbnailer.inspect(b"%PDF-1.7\n").unwrap_err();
    });
    let told: Vec<_> =
        kept.take().into_iter().map(|said| (said["event_id"].clone(), said["operation"].clone())).collect();
    let of = |id: &str, operation: &str| (id.to_owned(), operation.to_owned());
    assert_eq!(
        told,
        [
            of("failure.cancelled", "thumbnail"),
            of("failure.misuse", "pixels"),
            of("refusal.policy", "inspect")
        ]
    );
}

#[test]
fn an_inspection_that_would_refuse_is_told_as_that_refusal() {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::registry().with(kept.clone());
    let refusal = tracing::subscriber::with_default(subscriber, || {
        let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
        assert!(Thumbnailer::default().inspect(&garden).unwrap().refusal.is_none());
        let mut policy = Policy::untrusted();
        policy.limits = policy.limits.with_max_work(1);
        Thumbnailer::new(policy).inspect(&garden).unwrap().refusal.unwrap()
    });
    let told = kept.take();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["event_id"], "refusal.limit.max_work");
    assert_eq!((told[0]["operation"].as_str(), told[0]["reason"].as_str()), ("inspect", refusal.what()));
}

#[test]
fn the_stages_of_a_call_are_told_in_their_order_with_time_work_and_memory() {
    let written = Written::default();
    let subscriber =
        tracing_subscriber::registry().with(written.lines(Shape::Json, Which::EventsAndStages).layer());
    tracing::subscriber::with_default(subscriber, || {
        let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
        let upload = Upload::new(&garden).with_source("tenant-42");
        Thumbnailer::new(Policy::untrusted()).thumbnail(upload, &Recipe::within(64, 64)).unwrap();
    });
    let lines: Vec<Value> = written.take().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let stages: Vec<_> = lines.iter().filter_map(|line| line["fastimagecache.stage"].as_str()).collect();
    assert_eq!(stages, ["sniff", "outline", "admit", "decode", "orient", "colour", "resample", "encode"]);
    for line in &lines {
        assert!(line["event.duration"].as_u64().is_some_and(|took| took > 0), "{line}");
        assert_eq!((&line["event.kind"], &line["event.outcome"]), (&"metric".into(), &"success".into()));
    }
    for stage in ["decode", "resample", "encode"] {
        let line = lines.iter().find(|line| line["fastimagecache.stage"] == stage).unwrap();
        for number in ["fastimagecache.work", "fastimagecache.heap", "fastimagecache.pixels"] {
            assert!(line[number].as_u64().is_some_and(|number| number > 0), "{number}: {line}");
        }
        assert_eq!(line["fastimagecache.format"], "jpeg");
    }
    let call = lines.last().unwrap();
    assert_eq!(
        (&call["fastimagecache.operation"], &call["labels.source"]),
        (&"thumbnail".into(), &"tenant-42".into())
    );
    assert!(
        call["fastimagecache.findings"].as_str().is_some_and(|names| names.contains("metadata")),
        "{call}"
    );
}

#[test]
fn the_documentation_has_every_event_and_every_field_and_no_other() {
    let page = include_str!("../../../docs/events.md");
    let rows = |heading: &str| -> Vec<Vec<String>> {
        let section = page.split(&format!("## {heading}\n")).nth(1).expect(heading);
        let section = section.split("\n## ").next().unwrap();
        let table = section.lines().filter(|line| line.starts_with("| `"));
        table
            .map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
            .collect()
    };
    let documented: Vec<_> =
        rows("Events").into_iter().map(|row| (row[0].clone(), row[1].clone(), row[2].clone())).collect();
    let known: Vec<_> = CATALOGUE
        .iter()
        .map(|entry| (entry.id.to_owned(), entry.severity.name().to_owned(), entry.meaning.to_owned()))
        .collect();
    assert_eq!(documented, known);

    let documented: Vec<_> = rows("Fields").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let mut expected: Vec<_> = trail::ecs::fields().map(|(ours, theirs)| (ours.to_owned(), theirs)).collect();
    expected.sort_unstable();
    assert_eq!(documented, expected);
}

#[test]
fn an_upload_that_does_not_end_is_the_readers_to_tell() {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::registry().with(kept.clone());
    tracing::subscriber::with_default(subscriber, || {
        let limits = Limits::untrusted().with_max_input_bytes(100);
        let error = read_upload(io::repeat(7), &limits).unwrap_err();
        assert!(kept.take().is_empty());
        Thumbnailer::default().tell_unread(&error, Some("tenant-42"));
        let events = kept.take();
        assert_eq!((events.len(), events[0]["event_id"].as_str()), (1, "refusal.limit.max_input_bytes"));
        assert_eq!(events[0]["source"], "tenant-42");
    });
}

#[cfg(all(feature = "isolate", target_os = "linux"))]
mod isolated {
    use fastimagecache::Isolation;
    use fastimagecache::isolate::{Guard, Isolated, Posture};

    use super::*;

    fn workers() -> Isolated {
        Isolated::builder()
            .policy(Policy::untrusted().with_isolation(Isolation::Always))
            .workers(1)
            .program(env!("CARGO_BIN_EXE_fastimagecache-worker"))
            .require(Posture::full().without(Guard::Landlock))
            .build()
            .unwrap()
    }

    /// What the stages of `call` were, but for their times, of which each has one; all of them ran at `place`.
    fn stages(thumbnailer: &Thumbnailer, operation: Operation, upload: &[u8], place: &str) -> Vec<Value> {
        let written = Written::default();
        let lines = written.lines(Shape::Json, Which::EventsAndStages).layer();
        let call_took = tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let recipe = Recipe::within(64, 64);
            let begun = std::time::Instant::now();
            let _ = match operation {
                Operation::Inspect => thumbnailer.inspect(upload).map(drop),
                Operation::Pixels => thumbnailer.pixels(upload, &recipe).map(drop),
                Operation::Thumbnail => thumbnailer.thumbnail(upload, &recipe).map(drop),
            };
            begun.elapsed()
        });
        let (mut stages, mut took) = (Vec::new(), 0);
        for line in written.take().lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let fields = line.as_object_mut().unwrap();
            if !fields.contains_key("fastimagecache.place") {
                continue;
            }
            took += fields.remove("event.duration").unwrap().as_u64().unwrap();
            assert_eq!(fields.remove("fastimagecache.place").unwrap(), place);
            fields.remove("@timestamp").unwrap();
            stages.push(line);
        }
        assert!(u128::from(took) <= call_took.as_nanos());
        stages
    }

    #[test]
    fn stages_of_a_worker_are_told_as_they_would_be_here_up_to_the_refusal() {
        let (here, there) = (Thumbnailer::new(Policy::untrusted()), workers());
        let there = there.thumbnailer();
        let (mut whole, mut refused) = (0, BTreeMap::<_, u32>::new());
        for (at, line) in corpus::lines().iter().enumerate() {
            let bytes = line.bytes();
            let told = stages(&here, Operation::Thumbnail, &bytes, "process");
            assert_eq!(stages(there, Operation::Thumbnail, &bytes, "worker"), told, "{}", line.path);
            match told.last() {
                Some(last) if last["event.outcome"] == "failure" => {
                    let stage = last["fastimagecache.stage"].as_str().unwrap();
                    *refused.entry(stage.to_owned()).or_default() += 1;
                }
                _ => whole += u32::from(told.len() == 8),
            }
            if at % 7 == 0 {
                for operation in [Operation::Inspect, Operation::Pixels] {
                    let told = stages(&here, operation, &bytes, "process");
                    assert_eq!(stages(there, operation, &bytes, "worker"), told, "{}", line.path);
                }
            }
        }
        assert!(whole >= 100, "{whole}");
        for stage in ["sniff", "outline", "admit", "decode"] {
            assert!(refused.get(stage).is_some_and(|&count| count >= 3), "{refused:?}");
        }
    }

    #[test]
    fn a_worker_is_asked_for_its_stages_only_where_somebody_wants_them() {
        let (garden, there) = (std::fs::read("../../corpus/samples/garden.jpg").unwrap(), workers());
        let written = Written::default();
        let lines = written.lines(Shape::Json, Which::Events).layer();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            there.thumbnail(&garden, &Recipe::within(64, 64)).unwrap();
        });
        assert_eq!(written.take(), "");
        // The same worker is asked now, and then not any more.
        assert_eq!(stages(there.thumbnailer(), Operation::Thumbnail, &garden, "worker").len(), 8);
        there.thumbnail(&garden, &Recipe::within(64, 64)).unwrap();
        assert_eq!(there.counts().unwrap().started, 1);
    }
}

#[cfg(feature = "cache")]
mod cached {
    use std::path::Path;

    use fastimagecache::cache::{Cache, Config, Form, Origin, SourceId};
    use fastimagecache::{CachedThumbnailer, Stage};
    use fic_testkit::heap::measure;

    use super::*;

    fn thumbnailer(folder: &Path) -> CachedThumbnailer {
        let cache = Cache::open(&folder.join("cache"), Config::new(64 << 20)).unwrap();
        Thumbnailer::new(Policy::untrusted()).with_cache(cache)
    }

    #[test]
    fn a_failure_that_is_remembered_is_told_as_such_and_once() {
        let (kept, folder) = (Kept::default(), tempfile::tempdir().unwrap());
        let recipe = Recipe::within(64, 64);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(kept.clone()), || {
            let cached = thumbnailer(folder.path());
            for repeated in ["false", "true"] {
                let upload = Upload::new(b"<svg/>").with_source("tenant-42");
                cached.thumbnail_of(upload, &recipe).unwrap_err();
                let events = kept.take();
                assert_eq!(events.len(), 1, "{events:?}");
                assert_eq!(events[0]["event_id"], "refusal.policy");
                assert_eq!(
                    (events[0]["repeated"].as_str(), events[0]["source"].as_str()),
                    (repeated, "tenant-42")
                );
                assert_eq!(events[0]["sha256"], sha256(b"<svg/>"));
            }
            let source = SourceId::named("uploads", "7");
            let unreadable = |_: fastimagecache::Making<'_>| Err(Error::new(Kind::Io, Stage::Sniff, "gone"));
            cached.pixels(source, &recipe, unreadable).unwrap_err();
            cached.pixels(source, &Recipe::within(0, 0), unreadable).unwrap_err();
            let told: Vec<_> = kept
                .take()
                .into_iter()
                .map(|said| (said["event_id"].clone(), said["repeated"].clone(), said["operation"].clone()))
                .collect();
            let expected =
                ["failure.io", "failure.misuse"].map(|id| (id.into(), "false".into(), "pixels".into()));
            assert_eq!(told, expected);
        });
    }

    #[test]
    fn a_file_of_the_cache_that_somebody_changed_is_an_incident_with_its_name() {
        let (kept, folder) = (Kept::default(), tempfile::tempdir().unwrap());
        let (recipe, source) = (Recipe::within(64, 64), SourceId::named("uploads", "7"));
        let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(kept.clone()), || {
            let make =
                || thumbnailer(folder.path()).thumbnail(source, &recipe, |making| making.upload(&garden));
            assert_eq!(make().unwrap().origin, Origin::Made);
            let name = thumbnailer(folder.path()).key(Form::Encoded, source, &recipe).to_string();
            let file = find(&folder.path().join("cache"), &name);
            let mut bytes = std::fs::read(&file).unwrap();
            let payload = bytes.windows(3).position(|window| window == b"\xff\xd8\xff").unwrap();
            bytes[payload + 20] ^= 1;
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, &bytes).unwrap();
            set_mode(&file);
            assert_eq!(make().unwrap().origin, Origin::Made);
            let events = kept.take();
            assert_eq!(events.len(), 1, "{events:?}");
            assert_eq!(events[0]["event_id"], "incident.cache.damaged");
            assert_eq!(events[0]["reason"], "payload_checksum");
            assert_eq!((&events[0]["entry"], events[0]["severity"].as_str()), (&name, "high"));
        });
    }

    fn find(folder: &Path, name: &str) -> std::path::PathBuf {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .filter_map(|path| if path.is_dir() { find_in(&path, name) } else { None })
            .next()
            .expect("the entry is on disk")
    }

    fn find_in(folder: &Path, name: &str) -> Option<std::path::PathBuf> {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if let Some(found) = find_in(&path, name) {
                    return Some(found);
                }
            } else if path.file_name().is_some_and(|named| named == name) {
                return Some(path);
            }
        }
        None
    }

    fn set_mode(file: &Path) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o400)).unwrap();
    }

    #[test]
    fn a_warm_hit_allocates_nothing_where_nobody_watches() {
        let folder = tempfile::tempdir().unwrap();
        let cached = thumbnailer(folder.path());
        let (recipe, source) = (Recipe::within(64, 64), SourceId::named("uploads", "7"));
        let garden = std::fs::read("../../corpus/samples/garden.jpg").unwrap();
        let get = || cached.thumbnail(source, &recipe, |making| making.upload(&garden)).unwrap().origin;
        assert_eq!(get(), Origin::Made);
        assert_eq!(get(), Origin::Resident);
        let (origin, peak) = measure(get);
        assert_eq!((origin, peak), (Origin::Resident, 0));
    }
}
