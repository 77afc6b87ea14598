//! A process that runs out of descriptors. One test, for it takes them from every thread of its program.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod fixture;

use std::fs::File;
use std::sync::{Arc, Mutex};

use fic_cache::{Faults, Origin, Step, Uncached};
use fixture::{Place, check, config, is_in_order, serve};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const LEN: usize = 1 << 20;

#[test]
fn where_no_descriptor_is_left_at_any_step_the_picture_is_served_and_the_count_is_that_of_the_disk() {
    let before = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(200), ..before }).unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    for lacking in Step::ALL {
        let place = Place::new();
        let faults = Faults::new({
            let taken = Arc::clone(&taken);
            move |step| {
                if step == lacking {
                    let mut taken = taken.lock().unwrap();
                    while let Ok(file) = File::open("/dev/null") {
                        taken.push(file);
                    }
                }
                Ok(())
            }
        });
        let cache = place.open(config(8 << 20).with_faults(faults));
        let served = serve(&cache, 1, LEN).unwrap();
        assert!(!taken.lock().unwrap().is_empty(), "{lacking:?}");
        taken.lock().unwrap().clear();
        check(&served.entry, 1, LEN);
        if lacking == Step::Link {
            assert_eq!(served.origin, Origin::Uncached(Uncached::WriteFailed));
        }
        is_in_order(&cache, &place.root());
    }
    setrlimit(Resource::Nofile, before).unwrap();
}
