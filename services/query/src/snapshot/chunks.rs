//! A checkpoint as bytes between a thread that may block and messages that come and go.

use std::io::{self, Read, Write};

use bytes::{Buf, Bytes, BytesMut};
use tokio::sync::mpsc;

use crate::limits;

/// Gives out what is written, a chunk at a time. It waits while nobody takes them.
pub(super) struct ChunkWriter {
    chunks: mpsc::Sender<Bytes>,
    chunk: BytesMut,
}

impl ChunkWriter {
    pub(super) fn new(chunks: mpsc::Sender<Bytes>) -> Self {
        Self {
            chunks,
            chunk: BytesMut::new(),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let chunk = self.chunk.split().freeze();
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.chunks.blocking_send(chunk).map_err(gone)
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = limits::SNAPSHOT_CHUNK_BYTES - self.chunk.len();
        let count = bytes.len().min(room);
        self.chunk.extend_from_slice(&bytes[..count]);
        if self.chunk.len() == limits::SNAPSHOT_CHUNK_BYTES {
            self.send()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        self.send()
    }
}

/// Reads what comes in chunks. It waits for the next one; no more come when the sender is gone.
pub(super) struct ChunkReader {
    chunks: mpsc::Receiver<Bytes>,
    chunk: Bytes,
}

impl ChunkReader {
    pub(super) fn new(chunks: mpsc::Receiver<Bytes>) -> Self {
        Self {
            chunks,
            chunk: Bytes::new(),
        }
    }
}

impl Read for ChunkReader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let count = bytes.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut bytes[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_is_written_in_pieces_is_read_whole() {
        let (sender, receiver) = mpsc::channel(2);
        let written: Vec<u8> = (0..=250_u8)
            .cycle()
            .take(3 * limits::SNAPSHOT_CHUNK_BYTES + 7)
            .collect();
        let pieces = written.clone();
        let writer = thread::spawn(move || {
            let mut writer = ChunkWriter::new(sender);
            for piece in pieces.chunks(100_003) {
                writer.write_all(piece)?;
            }
            writer.flush()
        });
        let mut read = Vec::new();
        ChunkReader::new(receiver).read_to_end(&mut read).unwrap();
        writer.join().unwrap().unwrap();
        assert!(read == written, "{} bytes of {}", read.len(), written.len());
    }

    #[test]
    fn a_reader_that_is_gone_ends_the_writing() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        let mut writer = ChunkWriter::new(sender);
        let error = writer.write_all(&vec![1; limits::SNAPSHOT_CHUNK_BYTES]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
