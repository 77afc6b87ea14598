//! The binary as a person or a script meets it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use fic_testkit::samples::{self, Expect};
use fic_testkit::valid;

fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fastimagecache"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn with_garden() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(valid::corpus().join("samples/garden.jpg"), folder.path().join("garden.jpg")).unwrap();
    folder
}

#[test]
fn makes_a_thumbnail_of_the_format_that_the_name_says() {
    let folder = with_garden();
    for (name, magic) in [("a.jpg", &b"\xff\xd8\xff"[..]), ("a.png", b"\x89PNG"), ("a.webp", b"RIFF")] {
        let output = run(&["thumb", "garden.jpg", "-o", name, "--size", "64"], folder.path());
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(output.stdout.is_empty() && output.stderr.is_empty());
        assert!(fs::read(folder.path().join(name)).unwrap().starts_with(magic), "{name}");
    }
}

#[test]
fn any_number_of_threads_makes_the_same_file() {
    let folder = with_garden();
    for threads in ["1", "3"] {
        let name = format!("{threads}.jpg");
        let arguments = ["thumb", "garden.jpg", "-o", &name, "--size", "64", "--threads", threads];
        let output = run(&arguments, folder.path());
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let made = |name| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(made("1.jpg"), made("3.jpg"));
    let none = run(&["thumb", "garden.jpg", "-o", "x.jpg", "--threads", "0"], folder.path());
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn a_later_frame_of_an_animation_is_shown_and_one_that_is_not_there_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let animation = valid::corpus().join("valid/webp/anim_lossless_40x32.webp");
    fs::copy(animation, folder.path().join("a.webp")).unwrap();
    for frame in ["0", "2"] {
        let output =
            run(&["thumb", "a.webp", "-o", &format!("{frame}.png"), "--frame", frame], folder.path());
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let made = |name| fs::read(folder.path().join(name)).unwrap();
    assert_ne!(made("0.png"), made("2.png"));
    let output = run(&["thumb", "a.webp", "-o", "x.png", "--frame", "3"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).ends_with("(found 3, allowed 2)\n"), "{}", stderr(&output));
}

#[test]
fn a_refusal_says_what_the_limit_and_the_value_and_has_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = samples::png::all().into_iter().find(|sample| sample.id == "P01").unwrap();
    fs::write(folder.path().join("photo.png"), bomb.bytes()).unwrap();
    let output = run(&["thumb", "photo.png", "-o", "x.png"], folder.path());
    assert_eq!(output.status.code(), Some(11));
    assert_eq!(stderr(&output), "photo.png: refused: 16384 x 16384 pixels is over max_pixels (100000000)\n");
    assert!(!folder.path().join("x.png").exists());
}

#[test]
fn standard_input_and_output_are_dashes() {
    let folder = with_garden();
    let garden = fs::File::open(folder.path().join("garden.jpg")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_fastimagecache"))
        .args(["thumb", "-", "-o", "-", "--size", "32x32", "--fit", "cover", "--format", "png"])
        .stdin(garden)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(output.stdout.starts_with(b"\x89PNG"));
    assert_eq!(output.stdout[16..24], [0, 0, 0, 32, 0, 0, 0, 32]);
}

#[test]
fn a_folder_of_200_files_with_20_hostile_ones_is_done_but_for_those() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir_all(inputs.join("deeper")).unwrap();
    let mut good = 0;
    for (nth, file) in valid::files("").iter().enumerate() {
        let name = Path::new(&file.path).file_name().unwrap().to_str().unwrap();
        if good == 180 || nth % 2 == 1 || file.layout == "cmyk" || fastimagecache_refuses(&file.bytes()) {
            continue;
        }
        let place = if good % 3 == 0 { inputs.join("deeper").join(name) } else { inputs.join(name) };
        fs::write(place, file.bytes()).unwrap();
        good += 1;
    }
    assert_eq!(good, 180);
    let hostile: Vec<_> = samples::all()
        .into_iter()
        .filter(|sample| !matches!(sample.expect, Expect::Accept(_)))
        .step_by(5)
        .take(20)
        .collect();
    assert_eq!(hostile.len(), 20);
    for sample in &hostile {
        fs::write(inputs.join(format!("{}.{}", sample.name, sample.extension)), sample.bytes()).unwrap();
    }
    let output = run(&["thumb", "in", "-o", "out", "--size", "48", "--jobs", "2"], folder.path());
    let told = stderr(&output);
    assert!(told.ends_with("180 made, 20 failed\n"), "{told}");
    let made = walkdir::WalkDir::new(folder.path().join("out"))
        .into_iter()
        .filter(|entry| entry.as_ref().unwrap().file_type().is_file())
        .count();
    assert_eq!(made, 180);
    for sample in &hostile {
        let start = format!("in/{}.{}: ", sample.name, sample.extension);
        let line =
            told.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{start}\n{told}"));
        let verdict = match sample.expect {
            Expect::Malformed => "malformed: ",
            Expect::Unsupported => "unsupported: ",
            _ => "refused: ",
        };
        assert!(line[start.len()..].starts_with(verdict), "{line}");
    }
    assert_eq!(output.status.code(), Some(20), "several kinds of failure");
}

fn fastimagecache_refuses(bytes: &[u8]) -> bool {
    let thumbnailer = fastimagecache::Thumbnailer::default();
    thumbnailer.thumbnail(bytes, &fastimagecache::Recipe::within(8, 8)).is_err()
}

#[test]
fn the_limits_that_are_printed_are_accepted_back() {
    let folder = with_garden();
    for preset in ["untrusted", "strict_avatar", "trusted"] {
        let output = run(&["limits", "--limits", preset], folder.path());
        assert!(output.status.success());
        fs::write(folder.path().join("limits.toml"), &output.stdout).unwrap();
        let again = run(&["limits", "--limits", "limits.toml"], folder.path());
        assert_eq!(again.stdout, output.stdout, "{preset}");
    }
    fs::write(folder.path().join("small.toml"), "[limits]\nmax_width = 100\n").unwrap();
    let output = run(&["thumb", "garden.jpg", "-o", "x.jpg", "--limits", "small.toml"], folder.path());
    assert_eq!(stderr(&output), "garden.jpg: refused: 1600 x 1200 pixels is over max_width (100)\n");
    fs::write(folder.path().join("wrong.toml"), "[limits]\nmax_widht = 100\n").unwrap();
    let output = run(&["limits", "--limits", "wrong.toml"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("max_widht"));
}

#[test]
fn inspect_prints_a_table_or_json() {
    let folder = with_garden();
    let table = run(&["inspect", "garden.jpg"], folder.path());
    let text = String::from_utf8(table.stdout).unwrap();
    for part in ["garden.jpg", "jpeg", "1600 x 1200 pixels", "orientation  6", "admitted"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let json = run(&["inspect", "--json", "garden.jpg"], folder.path());
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((value["width"].as_u64(), value["format"].as_str()), (Some(1600), Some("jpeg")));
    assert!(value["refusal"].is_null());
}

#[test]
fn missing_files_and_unwritable_places_are_told_as_such() {
    let folder = with_garden();
    let output = run(&["thumb", "nothing.jpg", "-o", "x.jpg"], folder.path());
    assert_eq!(output.status.code(), Some(14));
    assert!(stderr(&output).starts_with("nothing.jpg: io: opening the file failed"), "{}", stderr(&output));
    fs::write(folder.path().join("file"), "").unwrap();
    let output = run(&["thumb", "garden.jpg", "-o", "file/x.jpg"], folder.path());
    assert_eq!(output.status.code(), Some(14));
    assert_eq!(run(&["thumb", "garden.jpg"], folder.path()).status.code(), Some(2));
}

#[test]
fn the_manual_and_the_completions_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let man = run(&["man"], folder.path());
    assert!(String::from_utf8_lossy(&man.stdout).starts_with(".ie"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&["completions", shell], folder.path()).stdout.len() > 500, "{shell}");
    }
}

/// The hostile samples in one process that may not even reserve 600 megabytes: no abort, no panic.
#[cfg(target_os = "linux")]
#[test]
fn the_hostile_samples_do_not_abort_a_process_of_600_megabytes() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let mut expected_failures = 0;
    let samples = samples::all();
    for sample in &samples {
        let name = format!("{}.{}", sample.name, sample.extension);
        fs::write(folder.path().join("in").join(name), sample.bytes()).unwrap();
        expected_failures += usize::from(!matches!(sample.expect, Expect::Accept(_)));
    }
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 600000 && exec \"$0\" thumb in -o out --size 256 --jobs 1"])
        .arg(env!("CARGO_BIN_EXE_fastimagecache"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = stderr(&output);
    let made = samples.len() - expected_failures;
    assert!(told.ends_with(&format!("{made} made, {expected_failures} failed\n")), "{told}");
    assert!(!told.contains("panicked") && !told.contains("upstream"), "{told}");
}

#[test]
fn a_log_in_json_is_one_object_a_line_and_standard_output_stays_clean() {
    let folder = with_garden();
    let bomb = samples::png::all().into_iter().find(|sample| sample.id == "P01").unwrap();
    let evil = "a\n\u{1b}[31mroot.png";
    fs::write(folder.path().join(evil), bomb.bytes()).unwrap();
    fs::write(folder.path().join("page.jpg"), "<svg/>").unwrap();
    for arguments in [
        &["--log", "json", "thumb", "garden.jpg", evil, "page.jpg", "missing.png", "-o", "out"][..],
        &["warm", "--log", "json", "garden.jpg", evil, "page.jpg", "missing.png", "--cache", "cache"],
    ] {
        let output = run(arguments, folder.path());
        assert!(output.stdout.is_empty());
        assert_eq!(output.status.code(), Some(20));
        let text = stderr(&output);
        let events: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let mut told: Vec<_> = events
            .iter()
            .map(|event| (event["event.action"].as_str().unwrap(), event["labels.source"].as_str().unwrap()))
            .collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                ("failure.io", "missing.png"),
                ("refusal.limit.max_pixels", "a\\n\\u{1b}[31mroot.png"),
                ("refusal.policy", "page.jpg"),
            ]
        );
    }
    let output = run(&["inspect", "--json", "--log=json", "page.jpg", "garden.jpg"], folder.path());
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    assert_eq!(stderr(&output).lines().count(), 1);
}

#[test]
fn a_log_in_text_has_a_line_for_each_stage_where_that_is_asked_for() {
    let folder = with_garden();
    let arguments = ["thumb", "garden.jpg", "-o", "a.jpg", "--log", "text", "--log-stages"];
    let output = run(&arguments, folder.path());
    assert!(output.status.success());
    let text = stderr(&output);
    for stage in ["sniff", "outline", "admit", "decode", "orient", "colour", "resample", "encode"] {
        assert_eq!(text.matches(&format!("stage={stage} ")).count(), 1, "{text}");
    }
    let output = run(&["thumb", "garden.jpg", "-o", "b.jpg"], folder.path());
    assert!(output.stderr.is_empty());
}
