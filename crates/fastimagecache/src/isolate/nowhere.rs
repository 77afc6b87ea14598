//! Where the system has no such workers: nothing starts.

use std::convert::Infallible;

use fic_core::Incident;

use super::Builder;
use crate::report::{Pixels, Thumbnail};
use crate::{Error, Inspection, Policy, Recipe, Upload};
use fic_isolate::Posture;
use fic_trail::Watched;

/// There are none.
#[derive(Clone, Debug)]
pub(crate) struct Workers(Infallible);

/// Does nothing: there are no workers on this system.
pub fn run_if_worker() {}

impl Workers {
    pub(crate) fn start(_: &Builder) -> Result<Workers, Error> {
        Err(Error::isolation(Incident::Unavailable))
    }

    pub(crate) fn thumbnail(
        &self,
        _: &Policy,
        _: &Upload<'_>,
        _: &Recipe,
        _: Watched,
    ) -> Result<Thumbnail, Error> {
        match self.0 {}
    }

    pub(crate) fn pixels(&self, _: &Policy, _: &Upload<'_>, _: &Recipe, _: Watched) -> Result<Pixels, Error> {
        match self.0 {}
    }

    pub(crate) fn inspect(&self, _: &Policy, _: &Upload<'_>, _: Watched) -> Result<Inspection, Error> {
        match self.0 {}
    }

    pub(crate) fn posture(&self) -> Result<Posture, Error> {
        match self.0 {}
    }
}
