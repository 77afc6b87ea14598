//! The dependency graph itself, every target and feature: no C, no bindings to C, and the house's lints.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Packages whose name or `links` key looks like C and is not: raw declarations or a marker.
const NOT_C: [(&str, &str); 5] = [
    ("js-sys", "declarations of the browser's own objects, wasm targets only"),
    ("linux-raw-sys", "constants and types of the kernel, no code"),
    ("wasm-bindgen-shared", "`links` only keeps two versions apart, wasm targets only"),
    ("web-sys", "declarations of the browser's own objects, wasm targets only"),
    ("windows-sys", "declarations of the system's own functions, Windows targets only"),
];

/// The one crate that may have unsafe code, and exists to have it.
const UNSAFE_CRATE: &str = "fic-mmap";

/// What compiles, finds or binds C in a build script.
const BUILDS_C: [&str; 10] = [
    "autotools",
    "bindgen",
    "cc",
    "cmake",
    "cpp_build",
    "cxx-build",
    "nasm-rs",
    "pkg-config",
    "system-deps",
    "vcpkg",
];

/// What cargo knows of the packages: of every target and feature where all of them were fetched, and of those
/// that this very build needed where not. The names of all stand in the lockfile in any case.
fn packages() -> Vec<Value> {
    metadata(&["--all-features"])
        .or_else(|| metadata(&["--filter-platform", &host()]))
        .expect("cargo metadata")
}

fn metadata(which: &[&str]) -> Option<Vec<Value>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .args(which)
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).ok()?;
    Some(metadata["packages"].as_array().expect("packages").clone())
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("rustc prints text");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn is_excused(name: &str) -> bool {
    NOT_C.iter().any(|(allowed, _)| *allowed == name)
}

fn is_named_like_c(name: &str) -> bool {
    name.ends_with("-sys") || BUILDS_C.contains(&name)
}

#[test]
fn no_package_of_the_lockfile_is_named_like_c() {
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let names: Vec<&str> =
        lock["package"].as_array().unwrap().iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert!(names.len() > 50, "only {} packages", names.len());
    let offenders: Vec<&&str> =
        names.iter().filter(|name| is_named_like_c(name) && !is_excused(name)).collect();
    assert!(offenders.is_empty(), "C in the lockfile: {offenders:?}");
}

#[test]
fn nothing_in_the_graph_compiles_or_links_c() {
    let mut offenders = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        if (is_named_like_c(name) || !package["links"].is_null()) && !is_excused(name) {
            offenders.push(format!("{name} {}", package["version"]));
        }
    }
    assert!(offenders.is_empty(), "C in the build graph: {offenders:?}");
}

#[test]
fn every_crate_of_the_workspace_takes_the_lints_that_forbid_unsafe_code() {
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let mut crates = 0;
    for package in packages().iter().filter(|package| package["source"].is_null()) {
        let manifest = package["manifest_path"].as_str().unwrap();
        let text: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
        crates += 1;
        if package["name"] == UNSAFE_CRATE {
            continue;
        }
        let takes_them = text.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        assert_eq!(takes_them, Some(true), "{manifest} does not take the workspace lints");
    }
    assert!(crates >= 11, "only {crates} crates found");
}
