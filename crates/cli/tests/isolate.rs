//! `--isolate` and `doctor`, as a person or a script meets them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::process::{Command, Output};

use fic_testkit::valid;

fn run(arguments: &[&str], folder: &std::path::Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fastimagecache")).args(arguments).current_dir(folder).output().unwrap()
}

fn doctor() -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["doctor", "--json"], folder.path());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn doctor_tries_what_is_forbidden_and_says_what_came_of_it() {
    let said = doctor();
    for attempt in [
        "open",
        "create",
        "connect",
        "fork",
        "exec",
        "ptrace",
        "make_executable",
        "map_executable",
        "read_environment",
    ] {
        assert_eq!(said["attempts"][attempt]["denied"], true, "{said}");
    }
    for guard in ["system_calls", "capabilities", "privileges", "resources", "environment", "descriptors"] {
        assert_eq!(said["guards"][guard], true, "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["doctor"], folder.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("open a file            killed"), "{text}");
    // What this kernel lacks is a failure with a code of its own, and stands in the table.
    let lacks = text.contains("NOT ");
    assert_eq!(output.status.code(), Some(if lacks { 18 } else { 0 }), "{text}");
}

#[test]
fn isolated_thumbnails_are_the_same_files() {
    if doctor()["guards"]["landlock"] != true {
        // `--isolate` asks for all that there is; whoever lacks something is told, which is looked at above.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(valid::corpus().join("samples/garden.jpg"), folder.path().join("garden.jpg")).unwrap();
    for (name, isolate) in
        [("a.jpg", "--isolate=never"), ("b.jpg", "--isolate"), ("c.jpg", "--isolate=suspicious")]
    {
        let output = run(&["thumb", isolate, "garden.jpg", "-o", name, "--size", "64"], folder.path());
        assert!(output.status.success(), "{output:?}");
    }
    let made = |name| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!((made("b.jpg"), made("c.jpg")), (made("a.jpg"), made("a.jpg")));
    let inspect = |isolate| run(&["inspect", "--json", isolate, "garden.jpg"], folder.path()).stdout;
    assert_eq!(inspect("--isolate"), inspect("--isolate=never"));
    let warm = run(&["warm", "--isolate", "garden.jpg", "--cache", "cache"], folder.path());
    assert!(warm.status.success(), "{warm:?}");
    let limits = String::from_utf8(run(&["limits", "--isolate"], folder.path()).stdout).unwrap();
    assert!(limits.contains("isolation = \"always\""), "{limits}");
}

#[test]
fn who_types_the_workers_argument_gets_no_worker() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fastimagecache"));
    let output = command
        .arg("--fastimagecache-worker")
        .current_dir(folder.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}
