import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export function Filters({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="filters" role="search">
      {children}
    </div>
  );
}

/** Waits until the user has stopped typing for a moment. */
const typingMs = 250;

export function SearchField(props: {
  readonly label: string;
  readonly placeholder?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): JSX.Element {
  const [text, setText] = useState(props.value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(props.value), [props.value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onInput = (event: { readonly currentTarget: HTMLInputElement }): void => {
    const { value } = event.currentTarget;
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => props.onChange(value), typingMs);
  };
  return (
    <label class="field grow">
      {props.label}
      <input
        type="search"
        value={text}
        placeholder={props.placeholder}
        spellcheck={false}
        onInput={onInput}
      />
    </label>
  );
}

export function SelectField(props: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}): JSX.Element {
  return (
    <label class="field">
      {props.label}
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
