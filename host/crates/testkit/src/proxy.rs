//! A wire between two programs that a test can cut.

use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A wire from a port of its own to a socket; it is cut for good when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    whole: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A wire to a socket of this machine.
    ///
    /// # Panics
    /// If the loopback interface has no free port.
    pub async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(|error| panic!("no free port: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let whole = watch::Sender::new(true);
        let accepting = tokio::spawn({
            let whole = whole.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(carry(stream, socket.clone(), whole.subscribe()));
                }
            }
        });
        Self { address, whole, accepting }
    }

    /// Where the near end is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts it: what is connected is lost, and nobody gets through.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Mends it.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn carry(mut near: TcpStream, socket: PathBuf, mut whole: watch::Receiver<bool>) {
    if !*whole.borrow() {
        return;
    }
    let Ok(mut far) = UnixStream::connect(socket).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        _ = whole.wait_for(|whole| !*whole) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::unique;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;

    #[tokio::test]
    async fn it_carries_until_it_is_cut_and_again_once_it_is_mended() {
        let socket = std::env::temp_dir().join(unique("cartwright_proxy"));
        let listener = UnixListener::bind(&socket).unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut byte = [0];
                    while stream.read_exact(&mut byte).await.is_ok() && stream.write_all(&byte).await.is_ok() {}
                });
            }
        });
        let proxy = Proxy::to(socket.clone()).await;
        let mut echo = [0];
        let mut near = TcpStream::connect(proxy.address()).await.unwrap();
        near.write_all(b"a").await.unwrap();
        assert_eq!((near.read_exact(&mut echo).await.is_ok(), &echo), (true, b"a"));
        proxy.cut();
        assert!(near.read_exact(&mut echo).await.is_err());
        let mut near = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(near.read_exact(&mut echo).await.is_err());
        proxy.mend();
        let mut near = TcpStream::connect(proxy.address()).await.unwrap();
        near.write_all(b"b").await.unwrap();
        assert_eq!((near.read_exact(&mut echo).await.is_ok(), &echo), (true, b"b"));
        std::fs::remove_file(socket).unwrap();
    }
}
