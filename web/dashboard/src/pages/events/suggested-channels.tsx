interface SuggestedChannelsProps {
  readonly channels: readonly string[];
  readonly onWatch: (channel: string) => void;
}

export function SuggestedChannels({ channels, onWatch }: SuggestedChannelsProps) {
  if (channels.length === 0) return null;
  return (
    <p class="suggested">
      <span class="suggested__lead">Try</span>
      {channels.map((channel) => (
        <button
          key={channel}
          type="button"
          class="link mono"
          title={channel === "prefix:" ? "every key of the default database" : undefined}
          onClick={() => onWatch(channel)}
        >
          {channel}
        </button>
      ))}
    </p>
  );
}
