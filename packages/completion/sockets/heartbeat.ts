// The pings of all sockets: each is pinged once a period, and cut when it has not answered by its next turn. They take
// turns, a few at a time: thousands of pings and pongs at once would hold up the events of everybody.
import type { WebSocket } from 'ws';

/** Twelve seconds: a socket that does not answer a ping until the next one is gone. */
const turnsAPeriod = 120;
const turnMs = 100;
/** Those that came together are taken apart: nobody's turn brings more than twice of what a period needs. */
const mostOfAllATurn = 2 / turnsAPeriod;

export class Heartbeat {
  /** The turn of the next ping, negative while the last one is unanswered; in the order of these turns. */
  readonly #sockets = new Map<WebSocket, number>();
  readonly #answered: (this: WebSocket) => void;
  readonly #timer: NodeJS.Timeout;
  #turn = 0;

  constructor() {
    const sockets = this.#sockets;
    this.#answered = function () {
      const turn = sockets.get(this);
      if (turn !== undefined) sockets.set(this, Math.abs(turn));
    };
    this.#timer = setInterval(() => this.#takeTurn(), turnMs);
  }

  add(socket: WebSocket): void {
    socket.on('pong', this.#answered);
    this.#sockets.set(socket, this.#turn + turnsAPeriod);
  }

  delete(socket: WebSocket): void {
    this.#sockets.delete(socket);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #takeTurn(): void {
    this.#turn += 1;
    let left = Math.ceil(this.#sockets.size * mostOfAllATurn);
    for (const [socket, turn] of this.#sockets) {
      if (left === 0 || Math.abs(turn) > this.#turn) return;
      left -= 1;
      this.#sockets.delete(socket);
      if (turn < 0) socket.terminate();
      else this.#ping(socket);
    }
  }

  #ping(socket: WebSocket): void {
    const next = this.#turn + turnsAPeriod;
    const isOpen = socket.readyState === socket.OPEN;
    this.#sockets.set(socket, isOpen ? -next : next);
    if (isOpen) socket.ping();
  }
}
