interface DisconnectedProps {
  /** Why the client has given up, one sentence. */
  readonly reason: string;
  readonly onReconnect: () => void;
}

export function Disconnected({ reason, onReconnect }: DisconnectedProps) {
  return (
    <div class="disconnected" role="alert">
      <p>{reason}</p>
      <button type="button" class="button" onClick={onReconnect}>
        Try again
      </button>
    </div>
  );
}
