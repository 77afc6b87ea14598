//! `warm`: thumbnails of many files, made for a cache alone.

use crate::arguments::WarmArguments;
use crate::cache;
use crate::failure::{Failure, Tally};
use crate::inputs;
use crate::limits;
use crate::thumb::{Maker, Work};

/// Puts the thumbnails of all files that `arguments` name into the cache.
pub(crate) fn run(arguments: &WarmArguments) -> Result<Tally, Failure> {
    let thumbnailer = limits::thumbnailer(&arguments.policy, arguments.jobs)?;
    let cache = cache::open(&arguments.cache, &arguments.room)?;
    let (inputs, failures) = inputs::collect(&arguments.inputs, &[&arguments.cache]);
    let maker = Maker::Cached(thumbnailer.with_cache(cache));
    let work = Work::new(maker, arguments.recipe.recipe(None), None, arguments.quiet);
    Ok(work.tell(&inputs, arguments.jobs, failures))
}
