//! WebP by the decoder of image-webp, where a policy names it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use fastimagecache::{Fidelity, Kind, Policy, Recipe, Thumbnailer, WebPBackend};
use fic_testkit::bytes::webp::{Vp8lBytes, WebpBytes};
use fic_testkit::valid;

fn other() -> Policy {
    Policy::untrusted().with_webp_backend(WebPBackend::ImageWebP)
}

/// A picture that image-webp would get wrong: two colours, told by a code in falling order.
fn falling() -> Vec<u8> {
    let stream = Vp8lBytes::new(8, 1).end_of_transforms().no_cache().one_group().pair(200, 0);
    let stream = [0, 0, 255, 0].into_iter().fold(stream, Vp8lBytes::single).put(0x55, 8);
    WebpBytes::new().chunk(b"VP8L", &stream.finish()).finish()
}

#[test]
fn exact_thumbnails_are_the_same_by_both() {
    let (ours, theirs) = (Thumbnailer::new(Policy::untrusted()), Thumbnailer::new(other()));
    let recipe = Recipe::within(20, 20).with_fidelity(Fidelity::Exact);
    for file in valid::files("webp") {
        let upload = file.bytes();
        let [ours, theirs] = [&ours, &theirs].map(|by| by.thumbnail(&upload, &recipe).unwrap());
        assert_eq!(ours.bytes, theirs.bytes, "{}", file.path);
    }
}

#[test]
fn pictures_that_it_would_get_wrong_are_not_supported() {
    let (upload, recipe) = (falling(), Recipe::within(20, 20));
    Thumbnailer::new(Policy::untrusted()).thumbnail(&upload, &recipe).unwrap();
    let err = Thumbnailer::new(other()).thumbnail(&upload, &recipe).unwrap_err();
    assert_eq!(err.kind(), Kind::Unsupported, "{err}");
}

#[cfg(all(feature = "cache", unix))]
#[test]
fn its_thumbnails_have_keys_of_their_own() {
    use fastimagecache::cache::{Cache, Config, Form, SourceId};

    let folder = tempfile::tempdir().unwrap();
    let recipe = Recipe::within(20, 20);
    let key = |policy| {
        let cache = Cache::open(&folder.path().join("cache"), Config::new(1 << 20)).unwrap();
        let cached = Thumbnailer::new(policy).with_cache(cache);
        cached.key(Form::Encoded, SourceId::named("test", "picture"), &recipe)
    };
    assert_eq!(key(Policy::untrusted()), key(other().with_webp_backend(WebPBackend::Own)));
    assert_ne!(key(Policy::untrusted()), key(other()));
}

#[cfg(all(feature = "isolate", target_os = "linux"))]
#[test]
fn the_choice_goes_along_to_workers() {
    use fastimagecache::Isolation;
    use fastimagecache::isolate::{Guard, Isolated, Posture};

    let isolated = |policy: Policy| {
        Isolated::builder()
            .policy(policy.with_isolation(Isolation::Always))
            .workers(1)
            .program(env!("CARGO_BIN_EXE_fastimagecache-worker"))
            // An older kernel or a container without Landlock still has all else.
            .require(Posture::full().without(Guard::Landlock))
            .build()
            .unwrap()
    };
    let recipe = Recipe::within(20, 20);
    isolated(Policy::untrusted()).thumbnail(&falling(), &recipe).unwrap();
    let by_other = isolated(other());
    let err = by_other.thumbnail(&falling(), &recipe).unwrap_err();
    assert_eq!(err.kind(), Kind::Unsupported, "{err}");
    let upload = valid::files("webp").into_iter().next().unwrap().bytes();
    let here = Thumbnailer::new(other()).thumbnail(&upload, &recipe).unwrap();
    assert_eq!(by_other.thumbnail(&upload, &recipe).unwrap().bytes, here.bytes);
}
