import { OneRelay } from "./index.js";

// The form for a <script> tag: <script src="https://relay.example/static/dist/link.js"></script>
Object.assign(globalThis, { OneRelay });
