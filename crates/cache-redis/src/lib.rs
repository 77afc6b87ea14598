//! A second tier on a server that speaks the Redis protocol (Redis, Valkey, KeyDB), without TLS and without C: what
//! comes in are keys and verified values of `fic-cache`, what leaves are the same. Pixels never come here.
//!
//! The server is trusted as the cache's own folder is: whoever can write to it can forge entries. Put it on a
//! network of its own, or behind a proxy that speaks TLS.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use fic_cache::{Cache, Config};
//! use fic_cache_redis::RedisTier;
//!
//! let tier = RedisTier::open("redis://thumbs.internal:6379/0")?;
//! let config = Config::new(1 << 30).with_second_tier(Arc::new(tier));
//! let cache = Cache::open("/var/cache/thumbs".as_ref(), config)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt::Write;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fic_cache::SecondTier;
use redis::{Client, Commands, Connection, SetExpiry, SetOptions};

/// Connections that are kept for the next request.
const MOST_IDLE: usize = 16;

/// A server, and the connections to it.
#[derive(Debug)]
pub struct RedisTier {
    client: Client,
    prefix: String,
    time_to_live: Duration,
    timeout: Duration,
    max_value_bytes: u32,
    idle: Mutex<Vec<Idle>>,
}

/// A connection between two requests.
struct Idle(Connection);

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Idle")
    }
}

impl RedisTier {
    /// The server at `url`, as in `redis://host:6379/0` or `redis+unix:///run/redis.sock`. Nothing is connected yet.
    ///
    /// Values are kept for a week; a call takes 250 ms at most; values over 8 MiB are not fetched.
    ///
    /// # Errors
    /// `InvalidInput` for a URL that is none, or that wants TLS.
    pub fn open(url: &str) -> io::Result<RedisTier> {
        let client = Client::open(url).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
        Ok(RedisTier {
            client,
            prefix: "fic1:".to_owned(),
            time_to_live: Duration::from_secs(7 * 24 * 3600),
            timeout: Duration::from_millis(250),
            max_value_bytes: 8 << 20,
            idle: Mutex::default(),
        })
    }

    /// The same with other names on the server: `prefix` and 64 hexadecimal digits.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> RedisTier {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// The same, keeping values for that long.
    #[must_use]
    pub fn with_time_to_live(mut self, time_to_live: Duration) -> RedisTier {
        self.time_to_live = time_to_live;
        self
    }

    /// The same with another longest time for connecting, and for each call.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> RedisTier {
        self.timeout = timeout;
        self
    }

    /// The same with another largest value.
    #[must_use]
    pub fn with_max_value_bytes(mut self, max_value_bytes: u32) -> RedisTier {
        self.max_value_bytes = max_value_bytes;
        self
    }

    fn name(&self, key: &[u8; 32]) -> String {
        let mut name = self.prefix.clone();
        // Writing to a string cannot fail.
        key.iter().for_each(|byte| _ = write!(name, "{byte:02x}"));
        name
    }

    /// Runs `call` on a connection; one that failed is not used again.
    fn with_connection<T>(
        &self,
        call: impl FnOnce(&mut Connection) -> redis::RedisResult<T>,
    ) -> io::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(Idle(connection)) => connection,
            None => self.connect().map_err(io::Error::other)?,
        };
        let result = call(&mut connection).map_err(io::Error::other)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(Idle(connection));
        }
        Ok(result)
    }

    fn connect(&self) -> redis::RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(self.timeout)?;
        connection.set_read_timeout(Some(self.timeout))?;
        connection.set_write_timeout(Some(self.timeout))?;
        Ok(connection)
    }
}

impl SecondTier for RedisTier {
    fn get(&self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        // A range, so that the server cannot make us hold more than that; of what is missing it is empty. A value
        // that was cut there is no whole entry, and is found out.
        let last = isize::try_from(self.max_value_bytes).unwrap_or(isize::MAX);
        let value: Vec<u8> = self.with_connection(|c| c.getrange(self.name(key), 0, last))?;
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    fn put(&self, key: &[u8; 32], value: &[u8]) -> io::Result<()> {
        let seconds = self.time_to_live.as_secs().max(1);
        let options = SetOptions::default().with_expiration(SetExpiry::EX(seconds));
        self.with_connection(|c| c.set_options(self.name(key), value, options))
    }
}
