//! A response body that takes its time and may break off: how slow and dying connections are made.

use std::collections::VecDeque;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::time::Sleep;

/// Long enough for the first half of an answer to be written before the end comes.
const HALFWAY: Duration = Duration::from_millis(20);
/// How long a connection stays open after our side of it was closed.
const HELD_OPEN: Duration = Duration::from_secs(10);

/// The body ends here, and so does the connection.
#[derive(Debug, thiserror::Error)]
#[error("the simulator hung up")]
pub(super) struct HungUp;

/// A second hold on the connection an answer goes out on.
#[derive(Clone)]
pub(super) struct Line(Arc<std::net::TcpStream>);

impl Line {
    /// Takes hold of a connection as it comes in.
    pub fn hold(stream: &actix_web::rt::net::TcpStream) -> std::io::Result<Self> {
        use std::os::fd::AsFd;
        let copy = stream.as_fd().try_clone_to_owned()?;
        Ok(Self(Arc::new(copy.into())))
    }

    /// From now on the connection ends with a reset instead of a farewell.
    pub fn end_with_reset(&self) -> std::io::Result<()> {
        // Options belong to the connection and not to the hold on it.
        actix_web::rt::net::TcpStream::from_std(self.0.try_clone()?)?.set_zero_linger()
    }

    fn close_our_side(&self) {
        // When it cannot be closed any more, the caller has closed it.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

enum Piece {
    Bytes(Bytes),
    CloseOurSide(Line),
    HangUp,
}

/// Pieces of a body with a pause before each.
pub(super) struct Trickle {
    promised: u64,
    pieces: VecDeque<(Duration, Piece)>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Trickle {
    /// Every byte by itself.
    pub fn drip(body: &[u8], pause: Duration) -> Self {
        let piece = |byte: &u8| (pause, Piece::Bytes(Bytes::copy_from_slice(&[*byte])));
        Self::new(body.len(), body.iter().map(piece).collect())
    }

    /// No byte at all: not even the head of the answer leaves the server.
    pub fn nothing() -> Self {
        Self::new(1, vec![(Duration::ZERO, Piece::HangUp)])
    }

    /// The first half, then nothing more from our side while the caller may still talk.
    pub fn half(body: &[u8], line: Option<Line>) -> Self {
        let first = Bytes::copy_from_slice(&body[..body.len() / 2]);
        let mut pieces = vec![(Duration::ZERO, Piece::Bytes(first))];
        match line {
            Some(line) => {
                pieces.push((HALFWAY, Piece::CloseOurSide(line)));
                pieces.push((HELD_OPEN, Piece::HangUp));
            }
            None => pieces.push((HALFWAY, Piece::HangUp)),
        }
        Self::new(body.len(), pieces)
    }

    fn new(promised: usize, pieces: Vec<(Duration, Piece)>) -> Self {
        Self {
            promised: promised as u64,
            pieces: pieces.into(),
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
        loop {
            let Some((pause, _)) = self.pieces.front() else {
                return Poll::Ready(None);
            };
            if !pause.is_zero() {
                let pause = *pause;
                let waiting = self
                    .waiting
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
                ready!(waiting.as_mut().poll(context));
                self.waiting = None;
            }
            match self.pieces.pop_front() {
                Some((_, Piece::Bytes(bytes))) => return Poll::Ready(Some(Ok(bytes))),
                Some((_, Piece::CloseOurSide(line))) => line.close_our_side(),
                Some((_, Piece::HangUp)) => return Poll::Ready(Some(Err(HungUp))),
                None => return Poll::Ready(None),
            }
        }
    }
}
