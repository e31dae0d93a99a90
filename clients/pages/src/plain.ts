/** Pages of a signed-in person without work of their own (landing, errors, docs): account menu, unlock dialog, copying. */
import { startUserPage } from "./ui/page";

startUserPage();
