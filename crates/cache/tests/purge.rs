//! What was removed is not served again: not by another process, not by whoever was making or reading it meanwhile.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod fixture;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fixture::{Place, config, key_of, serve_key};

const MANY: u64 = 600;

#[test]
fn another_process_that_looks_while_a_source_is_removed_lets_go_of_it_all() {
    let place = Place::new();
    let ours = place.open(config(64 << 20));
    (0..MANY).for_each(|n| _ = serve_key(&ours, &key_of(7, n), n, 100).unwrap());
    let theirs = place.open(config(64 << 20));
    (0..MANY).for_each(|n| _ = theirs.get(&key_of(7, n)).unwrap());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                theirs.tend();
            }
        });
        assert_eq!(ours.remove_source(key_of(7, 0).source()).unwrap(), MANY);
        is_over.store(true, Ordering::SeqCst);
    });
    theirs.tend();
    assert_eq!((0..MANY).filter(|n| theirs.peek(&key_of(7, *n)).is_some()).count(), 0);
}
