//! A connection that is kept open, and as much HTTP/1.1 as its answers need: a full client would
//! take its share of the cores that the service is measured on.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No answer may take longer: the service itself gives up after eight seconds.
const LONGEST_ANSWER: Duration = Duration::from_secs(15);

/// One connection; it asks one thing at a time.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What came back.
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context("the service does not listen")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and waits for the whole answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        let whole = async {
            self.stream.write_all(request).await?;
            self.received.clear();
            loop {
                let read = self.stream.read_buf(&mut self.received).await?;
                ensure!(0 < read, "the service hung up");
                if let Some(head) = Head::read(&self.received)?
                    && head.bytes + head.content <= self.received.len()
                {
                    return anyhow::Ok(head);
                }
            }
        };
        let head = tokio::time::timeout(LONGEST_ANSWER, whole)
            .await
            .context("no answer in time")??;
        Ok(Answer {
            status: head.status,
            body: &self.received[head.bytes..head.bytes + head.content],
        })
    }
}

struct Head {
    status: u16,
    bytes: usize,
    content: usize,
}

impl Head {
    /// The head of an answer, once all of it is there.
    fn read(received: &[u8]) -> Result<Option<Self>> {
        let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&received[..end])?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let length = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .context("an answer without a length")?;
        Ok(Some(Self {
            status: status.context("an answer without a status")?.parse()?,
            bytes: end + 4,
            content: length.1.trim().parse()?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_all_of_it_is_there() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx-trace-id: 1\r\n\r\n{}";

        assert!(Head::read(&answer[..40]).unwrap().is_none());
        let head = Head::read(answer).unwrap().unwrap();
        assert_eq!((head.status, head.content), (201, 2));
        assert_eq!(&answer[head.bytes..], b"{}");
    }

    #[test]
    fn an_answer_without_a_length_is_refused_rather_than_waited_for() {
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

        assert!(Head::read(answer).is_err());
    }
}
