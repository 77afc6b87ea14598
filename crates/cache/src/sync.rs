//! The locks that single flight is built on, by name, so that its test can put shuttle's in their place.

pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(crate) use std::thread;
