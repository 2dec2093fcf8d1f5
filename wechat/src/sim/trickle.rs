//! A response body that takes its time and may break off: how slow and dying connections are made.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::time::Sleep;

/// The body ends here, and so does the connection.
#[derive(Debug, thiserror::Error)]
#[error("the simulator hung up")]
pub(super) struct HungUp;

/// Pieces of a body with a pause before each.
pub(super) struct Trickle {
    promised: u64,
    pieces: VecDeque<Result<Bytes, HungUp>>,
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Trickle {
    /// Every byte by itself.
    pub fn drip(body: &[u8], pause: Duration) -> Self {
        let pieces = body
            .iter()
            .map(|byte| Ok(Bytes::copy_from_slice(&[*byte])))
            .collect();
        Self {
            promised: body.len() as u64,
            pieces,
            pause,
            waiting: None,
        }
    }

    /// No byte at all: not even the head of the answer leaves the server.
    pub fn nothing() -> Self {
        Self::cut(Vec::new(), 1)
    }

    /// The first half.
    pub fn half(body: &[u8]) -> Self {
        let first = Bytes::copy_from_slice(&body[..body.len() / 2]);
        let mut cut = Self::cut(vec![Ok(first)], body.len() as u64);
        // Long enough for the first half to be written before the end comes.
        cut.pause = Duration::from_millis(20);
        cut
    }

    fn cut(mut pieces: Vec<Result<Bytes, HungUp>>, promised: u64) -> Self {
        pieces.push(Err(HungUp));
        Self {
            promised,
            pieces: pieces.into(),
            pause: Duration::ZERO,
            waiting: None,
        }
    }
}

impl MessageBody for Trickle {
    type Error = HungUp;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.promised)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, HungUp>>> {
        if !self.pause.is_zero() && !self.pieces.is_empty() {
            let pause = self.pause;
            let waiting = self
                .waiting
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        Poll::Ready(self.pieces.pop_front())
    }
}
