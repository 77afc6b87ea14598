//! The dependency graph itself, every target and feature: no C, no bindings to C, and the house's lints.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail")]

use std::path::Path;
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

fn packages() -> Vec<Value> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--all-features",
            "--locked",
            "--offline",
            "--manifest-path",
        ])
        .arg(manifest)
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

#[test]
fn nothing_in_the_graph_compiles_or_links_c() {
    let mut offenders = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let looks_like_c = name.ends_with("-sys") || !package["links"].is_null() || BUILDS_C.contains(&name);
        if looks_like_c && !NOT_C.iter().any(|(allowed, _)| *allowed == name) {
            offenders.push(format!("{name} {}", package["version"]));
        }
    }
    assert!(offenders.is_empty(), "C in the build graph: {offenders:?}");
}

#[test]
fn every_crate_of_the_workspace_takes_the_lints_that_forbid_unsafe_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let mut crates = 0;
    for package in packages().iter().filter(|package| package["source"].is_null()) {
        let manifest = package["manifest_path"].as_str().unwrap();
        let text: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
        let takes_them = text.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        assert_eq!(takes_them, Some(true), "{manifest} does not take the workspace lints");
        crates += 1;
    }
    assert!(crates >= 11, "only {crates} crates found");
}
