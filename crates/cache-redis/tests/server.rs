//! Two machines' caches and a real server between them; skipped where there is no `redis-server`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use fic_cache::{Cache, Config, Form, Key, Origin, SecondTier, SourceId, Tending};
use fic_cache_redis::RedisTier;
use fic_core::{Budget, Format, Limits, PixelLayout};

/// A server of our own, reached by a socket in a folder of our own.
struct Server {
    child: Child,
    socket: PathBuf,
}

impl Server {
    fn start(folder: &Path) -> Option<Server> {
        let socket = folder.join("s");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--dir"])
            .arg(folder)
            .arg("--unixsocket")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            println!("skipped: redis-server is not to be had");
            return None;
        };
        let server = Server { child, socket };
        for _ in 0..500 {
            if server.tier().get(&[0; 32]).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server does not answer");
    }

    fn tier(&self) -> RedisTier {
        let url = format!("redis+unix://{}", self.socket.display());
        RedisTier::open(&url).unwrap().with_timeout(Duration::from_secs(5))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn machine(folder: &Path, name: &str, tier: RedisTier) -> Cache {
    let config = Config::new(16 << 20)
        .with_min_free_bytes(0)
        .with_tending(Tending::Inline)
        .with_second_tier(Arc::new(tier));
    Cache::open(&folder.join(name), config).unwrap()
}

fn key(form: Form) -> Key {
    Key::new(form, 1, SourceId::named("test", "source"), &[0; 64])
}

fn origin(cache: &Cache) -> Origin {
    let served =
        cache.get_or_insert_with(&key(Form::Encoded), |m| m.encoded(8, 8, Format::Png, vec![7; 5000]));
    let served = served.unwrap();
    assert_eq!(served.entry.payload(), [7; 5000]);
    served.origin
}

#[test]
fn what_one_machine_made_the_other_finds_and_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(folder.path()) else { return };
    let (one, two) = (machine(folder.path(), "1", server.tier()), machine(folder.path(), "2", server.tier()));
    assert_eq!(
        (origin(&one), origin(&two), origin(&two)),
        (Origin::Made, Origin::SecondTier, Origin::Resident)
    );
    assert_eq!((two.stats().made, two.stats().second_tier_hits, two.stats().disk_entries), (0, 1, 1));
}

#[test]
fn a_damaged_or_cut_value_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(folder.path()) else { return };
    origin(&machine(folder.path(), "1", server.tier()));
    let digest = *key(Form::Encoded).digest();
    let mut value = server.tier().get(&digest).unwrap().unwrap();
    value[3000] ^= 1;
    server.tier().put(&digest, &value).unwrap();
    assert_eq!(origin(&machine(folder.path(), "2", server.tier())), Origin::Made);
    let cut = server.tier().with_max_value_bytes(3000);
    assert_eq!(origin(&machine(folder.path(), "3", cut)), Origin::Made);
}

#[test]
fn a_server_that_is_gone_costs_the_tier_and_not_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(folder.path()) else { return };
    let tier = server.tier();
    tier.get(&[0; 32]).unwrap();
    drop(server);
    let cache = machine(folder.path(), "1", tier);
    assert_eq!((origin(&cache), cache.stats().second_tier_errors), (Origin::Made, 1));
    cache.clear().unwrap();
    assert_eq!(origin(&cache), Origin::Made);
    assert_eq!(cache.stats().second_tier_errors, 1, "it is left alone for a while");
}

#[test]
fn pixels_never_leave_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(folder.path()) else { return };
    let cache = machine(folder.path(), "1", server.tier());
    let budget = Budget::new(&Limits::untrusted());
    let made = cache.get_or_insert_with(&key(Form::Pixels), |maker| {
        let mut rows = maker.pixels(4, 4, PixelLayout::Rgb, &budget)?;
        rows.push(&[9; 48])?;
        rows.finish()
    });
    assert_eq!(made.unwrap().origin, Origin::Made);
    assert_eq!(server.tier().get(key(Form::Pixels).digest()).unwrap(), None);
}

#[test]
fn a_url_that_is_none_is_refused() {
    for url in ["", "http://host", "not a url"] {
        assert!(RedisTier::open(url).is_err(), "{url}");
    }
}
