//! One connection: its bytes, and what goes wrong with them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{sleep, timeout};

use super::{Fate, Fault};

const CHUNK_BYTES: usize = 16 << 10;
/// More of what a client said is not kept for saying it again.
const KEPT_BYTES: usize = 4 << 20;
/// What was said again is answered before, or it never is.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// How a direction ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ended {
    /// The sender closed it.
    Closed,
    /// As many bytes passed as were to pass.
    Limit,
}

/// One direction.
struct Direction {
    /// So many bytes pass.
    most: usize,
    pause: Option<Duration>,
    /// After them comes silence; otherwise the end.
    then_silent: bool,
}

impl Direction {
    fn of(fate: &Fate, upwards: bool) -> Self {
        let is_limited = matches!(fate.fault, Fault::Cut | Fault::Reset | Fault::HalfOpen | Fault::Replay);
        Self {
            most: if is_limited && fate.upwards == upwards {
                fate.after
            } else {
                usize::MAX
            },
            pause: (fate.fault == Fault::Delay).then_some(fate.pause),
            then_silent: fate.fault == Fault::HalfOpen,
        }
    }

    /// Passes bytes on until one side closes, or as many as are to pass; the limit is an error, so that both directions end.
    async fn carry(
        &self,
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
        mut twin: Option<WriteHalf<'_>>,
        mut said: Option<&mut Vec<u8>>,
    ) -> io::Result<()> {
        if self.pass(&mut from, &mut to, &mut twin, &mut said).await? == Ended::Closed {
            return to.shutdown().await;
        }
        if self.then_silent {
            return swallow(&mut from).await;
        }
        Err(io::Error::new(io::ErrorKind::QuotaExceeded, "no more bytes pass"))
    }

    async fn pass(
        &self,
        from: &mut ReadHalf<'_>,
        to: &mut WriteHalf<'_>,
        twin: &mut Option<WriteHalf<'_>>,
        said: &mut Option<&mut Vec<u8>>,
    ) -> io::Result<Ended> {
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut left = self.most;
        loop {
            let read = from.read(&mut buffer).await?;
            if read == 0 {
                return Ok(Ended::Closed);
            }
            if let Some(said) = said
                && said.len() + read <= KEPT_BYTES
            {
                said.extend_from_slice(&buffer[..read]);
            }
            if let Some(pause) = self.pause {
                sleep(pause).await;
            }
            let passing = read.min(left);
            to.write_all(&buffer[..passing]).await?;
            if let Some(second) = twin
                && second.write_all(&buffer[..passing]).await.is_err()
            {
                *twin = None;
            }
            left -= passing;
            if left == 0 {
                return Ok(Ended::Limit);
            }
        }
    }
}

/// Carries a connection to its end.
pub(super) async fn carry(
    mut client: TcpStream,
    mut service: TcpStream,
    behind: SocketAddr,
    fate: Fate,
) -> io::Result<()> {
    let mut twin = match fate.fault {
        Fault::Duplicate => Some(TcpStream::connect(behind).await?),
        _ => None,
    };
    let mut said = Vec::new();
    let (up, down) = (Direction::of(&fate, true), Direction::of(&fate, false));
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_service, to_service) = service.split();
        let (from_twin, to_twin) = twin.as_mut().map(TcpStream::split).unzip();
        let unheard = async {
            if let Some(mut from_twin) = from_twin {
                // how the second connection ends makes no difference to the first
                let _ended = swallow(&mut from_twin).await;
            }
            Ok(())
        };
        let upwards = up.carry(from_client, to_service, to_twin, Some(&mut said));
        let downwards = down.carry(from_service, to_client, None, None);
        tokio::try_join!(upwards, downwards, unheard).map(|_| ())
    };
    match fate.fault {
        Fault::Reset if ended.is_err() => {
            client.set_zero_linger()?;
            service.set_zero_linger()?;
        }
        Fault::Replay => {
            drop((client, service));
            say_again(&said, behind).await?;
        }
        _ => {}
    }
    ended
}

/// Reads what nobody gets.
async fn swallow(from: &mut ReadHalf<'_>) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK_BYTES];
    while from.read(&mut buffer).await? > 0 {}
    Ok(())
}

async fn say_again(said: &[u8], behind: SocketAddr) -> io::Result<()> {
    let mut service = TcpStream::connect(behind).await?;
    service.write_all(said).await?;
    let (mut answers, _keeps_open) = service.split();
    // a stream has no end
    timeout(ANSWERED_WITHIN, swallow(&mut answers)).await.unwrap_or(Ok(()))
}
